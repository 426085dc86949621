{#
    One person in the warehouse: who is meant, what is known (`explain`), what is erased (`forget`).
    What was asked for is bound and never written; what the tables know of it goes to a scratch table,
    which the other statements join. Each asking has an id of its own, since several may ask at once.
#}
{% macro hubspot_subjects() %}
    {{ return(hubspot_sync.hubspot_state_relation("scratch_subjects")) }}
{% endmacro %}

{% macro hubspot_subjects_ddl() %}
create table if not exists {{ hubspot_sync.hubspot_subjects() }} (
    subject_id {{ dbt.type_string() }},
    kind {{ dbt.type_string() }},
    portal_id {{ dbt.type_string() }},
    fact {{ dbt.type_string() }},
    pseudonym {{ dbt.type_string() }}
) {{ hubspot_sync.hubspot_table_suffix() }}
{% endmacro %}

{# The facts of one kind, as a query in parentheses. #}
{% macro hubspot_facts(subject_id, kind) -%}
(
    select fact from {{ hubspot_sync.hubspot_subjects() }}
    where subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }} and kind = {{ hubspot_sync.hubspot_literal(kind) }}
)
{%- endmacro %}

{# The condition that a row is about a contact of the person. Ids of two portals may be alike. #}
{% macro hubspot_is_contact_of(subject_id, row) -%}
exists (
    select 1 from {{ hubspot_sync.hubspot_subjects() }} as subjects
    where
        subjects.subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }}
        and subjects.kind = 'contact'
        and subjects.portal_id = {{ row }}.portal_id
        and subjects.fact = {{ row }}.contact_id
)
{%- endmacro %}

{# A statement that adds what a query selects as `portal_id` and `fact`. #}
{% macro hubspot_add_facts(subject_id, kind, select_sql) %}
insert into {{ hubspot_sync.hubspot_subjects() }} (subject_id, kind, portal_id, fact)
select distinct {{ hubspot_sync.hubspot_literal(subject_id) }}, {{ hubspot_sync.hubspot_literal(kind) }}, portal_id, fact
from (
    {{ select_sql }}
) as found
where fact is not null and fact <> ''
{% endmacro %}

{#
    What the tables know of $1, an address or an id, and of $2, the address as it is sent if it is one: kind and
    fact. Bound values, so no statement holds an address.
#}
{% macro hubspot_known_facts(has_records, has_aliases) %}
    {% set string = dbt.type_string() %}
    {% set candidates = ref("hubspot_sync", "hubspot_audience_candidates") %}
    {% set verdicts = hubspot_sync.hubspot_state_relation("email_verdicts") %}
    {% set lookups = hubspot_sync.hubspot_state_relation("contact_lookups") %}
    {% set intents = hubspot_sync.hubspot_state_relation("change_intents") %}
    {% set customer_columns = [(candidates, "customer_id"), (intents, "customer_id")] %}
    {% set email_columns = [
        (candidates, "email_key"),
        (verdicts, "email"),
        (verdicts, "wire_email"),
        (verdicts, "suggestion"),
        (lookups, "wire_email"),
        (lookups, "primary_email"),
        (intents, "wire_email"),
    ] %}
    {% if has_records %}
        {% set records = ref("hubspot_sync", "int_customer_records") %}
        {% set identities = ref("hubspot_sync", "int_identities") %}
        {% do customer_columns.append((identities, "customer_id")) %}
        {% do email_columns.append((records, "email_key")) %}
    {% endif %}
with
    asked as (
        select id, {{ hubspot_sync.email_key("id") }} as email_key, wire_email
        from (select cast($1 as {{ string }}) as id, cast($2 as {{ string }}) as wire_email) as given
    ),
    known as (
    {%- for relation, column in customer_columns %}
        select 'customer' as kind, known.{{ column }} as fact
        from {{ relation }} as known
        inner join asked on asked.id = known.{{ column }}
        union all
    {%- endfor %}
    {%- if has_records %}
        select 'customer' as kind, known.customer_id as fact
        from {{ identities }} as known
        inner join asked on asked.id = known.record_id
        union all
    {%- endif %}
    {%- if has_aliases %}
        select 'customer' as kind, known.customer_id as fact
        from {{ ref("hubspot_sync", "customer_aliases") }} as known
        inner join asked on asked.id = known.alias_id
        union all
    {%- endif %}
    {%- for relation, column in email_columns %}
        select 'email' as kind, known.{{ column }} as fact
        from {{ relation }} as known
        inner join asked on known.{{ column }} = asked.email_key or known.{{ column }} = asked.wire_email
        {{ "union all" if not loop.last }}
    {%- endfor %}
    )
select distinct kind, fact
from known
where fact <> ''
{% endmacro %}

{# An address has two forms: its email key, and what is sent of it. Each leads to the other by the verdicts. #}
{% macro hubspot_add_other_forms(subject_id) %}
    {% set statements = [] %}
    {% for known, other in [("email", "wire_email"), ("wire_email", "email")] %}
        {% set select_sql %}
select cast(null as {{ dbt.type_string() }}) as portal_id, {{ other }} as fact
from {{ hubspot_sync.hubspot_state_relation("email_verdicts") }}
where {{ known }} in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
        {% endset %}
        {% do statements.append(
            hubspot_sync.hubspot_add_facts(subject_id, "email", select_sql)
        ) %}
    {% endfor %}
    {{ return(statements) }}
{% endmacro %}

{# Statements that find the customers behind what is known, and all their addresses and contacts. #}
{% macro hubspot_find_customer(subject_id, has_records, has_aliases) %}
    {% set emails = hubspot_sync.hubspot_facts(subject_id, "email") %}
    {% set customers = hubspot_sync.hubspot_facts(subject_id, "customer") %}
    {% set no_portal = "cast(null as " ~ dbt.type_string() ~ ") as portal_id" %}
    {% set candidates = ref("hubspot_sync", "hubspot_audience_candidates") %}
    {% set intents = hubspot_sync.hubspot_state_relation("change_intents") %}
    {% set find_customers %}
select {{ no_portal }}, customer_id as fact from {{ candidates }} where email_key in {{ emails }}
union all
select {{ no_portal }}, customer_id as fact from {{ intents }} where wire_email in {{ emails }}
{%- if has_records %}
union all
select {{ no_portal }}, identities.customer_id as fact
from {{ ref("hubspot_sync", "int_customer_records") }} as records
inner join {{ ref("hubspot_sync", "int_identities") }} as identities on identities.record_id = records.record_id
where records.email_key in {{ emails }}
{%- endif %}
    {% endset %}
    {% set find_emails %}
select {{ no_portal }}, email_key as fact from {{ candidates }} where customer_id in {{ customers }}
union all
select {{ no_portal }}, wire_email as fact from {{ intents }} where customer_id in {{ customers }}
{%- if has_records %}
union all
select {{ no_portal }}, records.email_key as fact
from {{ ref("hubspot_sync", "int_customer_records") }} as records
inner join {{ ref("hubspot_sync", "int_identities") }} as identities on identities.record_id = records.record_id
where identities.customer_id in {{ customers }}
{%- endif %}
    {% endset %}
    {% set find_contacts %}
select portal_id, contact_id as fact from {{ hubspot_sync.hubspot_state_relation("contact_lookups") }}
where wire_email in {{ emails }}
union all
select portal_id, contact_id as fact from {{ intents }}
where customer_id in {{ customers }} or wire_email in {{ emails }}
    {% endset %}
    {% set statements = [
        hubspot_sync.hubspot_add_facts(
            subject_id, "customer", find_customers
        ),
        hubspot_sync.hubspot_add_facts(subject_id, "email", find_emails),
        hubspot_sync.hubspot_add_other_forms(subject_id)[0],
        hubspot_sync.hubspot_add_facts(subject_id, "contact", find_contacts),
    ] %}
    {% if has_aliases %}
        {% do statements.extend(hubspot_sync.hubspot_resolve_aliases(subject_id)) %}
    {% endif %}
    {{ return(statements) }}
{% endmacro %}

{# Intents name customers as they were called when they were written: the customer of today stands in for them. #}
{% macro hubspot_resolve_aliases(subject_id) %}
    {% set aliases = ref("hubspot_sync", "customer_aliases") %}
    {% set find_customers %}
select cast(null as {{ dbt.type_string() }}) as portal_id, customer_id as fact from {{ aliases }}
where
    alias_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
    and customer_id not in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
    {% endset %}
    {% set drop_aliases %}
delete from {{ hubspot_sync.hubspot_subjects() }}
where
    subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }}
    and kind = 'customer'
    and fact in (select alias_id from {{ aliases }})
    {% endset %}
    {{
        return(
            [
                hubspot_sync.hubspot_add_facts(
                    subject_id, "customer", find_customers
                ),
                drop_aliases,
            ]
        )
    }}
{% endmacro %}

{% macro hubspot_drop_subject(subject_id) %}
delete from {{ hubspot_sync.hubspot_subjects() }} where subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }}
{% endmacro %}

{# -- explain ------------------------------------------------------------------------------------------ #}
{% macro hubspot_explain_customers(subject_id, most) %}
select distinct fact as customer_id
from {{ hubspot_sync.hubspot_subjects() }}
where subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }} and kind = 'customer'
order by 1
limit {{ most }}
{% endmacro %}

{# Their records; `divided` says of one that shares keys with another customer how int_record_groups kept it apart. #}
{% macro hubspot_explain_records(subject_id, most) %}
    {% set keys = ref("hubspot_sync", "int_match_keys") %}
    {% set groups = ref("hubspot_sync", "int_record_groups") %}
with
    own as (
        select identities.customer_id, identities.record_id, record_groups.component_id, record_groups.divided_by
        from {{ ref("hubspot_sync", "int_identities") }} as identities
        inner join {{ groups }} as record_groups on record_groups.record_id = identities.record_id
        where identities.customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
    ),
    divided as (
        select distinct own.record_id
        from own
        inner join {{ keys }} as keys on keys.record_id = own.record_id and keys.no_link_reason is null
        inner join {{ keys }} as other_keys on other_keys.match_key = keys.match_key
        inner join {{ groups }} as others on others.record_id = other_keys.record_id
        where others.component_id <> own.component_id
    )
select
    own.customer_id, records.record_id, records.email, records.coarse_problem, records.created_at,
    case
        when divided.record_id is null then null
        when own.divided_by = 'unknown' then 'fits_several'
        else 'by_birthdate'
    end as divided
from own
inner join {{ ref("hubspot_sync", "int_customer_records") }} as records on records.record_id = own.record_id
left join divided on divided.record_id = own.record_id
order by own.customer_id, records.created_at, records.record_id
limit {{ most }}
{% endmacro %}

{# The keys of the customer's records; one that links nobody says why. #}
{% macro hubspot_explain_match_keys(subject_id, most) %}
select identities.customer_id, keys.key_type, keys.key_value, keys.record_id, keys.no_link_reason
from {{ ref("hubspot_sync", "int_match_keys") }} as keys
inner join {{ ref("hubspot_sync", "int_identities") }} as identities on identities.record_id = keys.record_id
where identities.customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
order by identities.customer_id, keys.key_type, keys.key_value, keys.record_id
limit {{ most }}
{% endmacro %}

{# Ids that the customer, or one merged into it, had in earlier builds. #}
{% macro hubspot_explain_aliases(subject_id, most) %}
select alias_id, customer_id, alias_since
from {{ ref("hubspot_sync", "customer_aliases") }}
where customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
order by customer_id, alias_since, alias_id
limit {{ most }}
{% endmacro %}

{# Suppressed customers, and customers that share an address with one. #}
{% macro hubspot_explain_suppressed(subject_id, most) %}
select customer_id, 'customer' as suppressed_by
from {{ ref("hubspot_sync", "int_suppressed_customers") }}
where customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
union
select identities.customer_id, 'address' as suppressed_by
from {{ ref("hubspot_sync", "int_suppressed_emails") }} as suppressed
inner join {{ ref("hubspot_sync", "int_customer_records") }} as records on records.email_key = suppressed.email_key
inner join {{ ref("hubspot_sync", "int_identities") }} as identities on identities.record_id = records.record_id
where identities.customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
order by 1, 2 desc
limit {{ most }}
{% endmacro %}

{% macro hubspot_explain_segments(subject_id, most, segments) %}
    {%- for name in segments %}
select {{ hubspot_sync.hubspot_literal(name) }} as segment, cast(customer_id as {{ dbt.type_string() }}) as customer_id
from {{ hubspot_sync.hubspot_segment_relation(name) }}
where cast(customer_id as {{ dbt.type_string() }}) in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
        {{ "union all" if not loop.last }}
    {%- endfor %}
order by 2, 1
limit {{ most }}
{% endmacro %}

{% macro hubspot_explain_candidates(subject_id, most) %}
select list_name, customer_id, email, campaign, sub_audience, treatment, coarse_problem, key_rank
from {{ ref("hubspot_sync", "hubspot_audience_candidates") }}
where customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
order by customer_id, list_name, key_rank, email
limit {{ most }}
{% endmacro %}

{# What became of each row, how far its address is, and which customer keeps the address on the list. #}
{% macro hubspot_explain_statuses(subject_id, most) %}
select
    statuses.list_name, statuses.customer_id, statuses.list_id, statuses.contact_id, statuses.status, statuses.code,
    audience_rows.row_state, audience_rows.customer_id as kept_by,
    case when declared.list_name is null then 0 else 1 end as is_declared
from {{ ref("hubspot_sync", "hubspot_audience_status") }} as statuses
left join {{ ref("hubspot_sync", "hubspot_audience_lists") }} as declared on declared.list_name = statuses.list_name
left join
    {{ ref("hubspot_sync", "hubspot_audience_rows") }} as audience_rows
    on audience_rows.list_name = statuses.list_name
    and audience_rows.email = statuses.email_key
where statuses.customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
order by statuses.customer_id, statuses.list_name, statuses.status, statuses.contact_id
limit {{ most }}
{% endmacro %}

{# What keeps the customer, its addresses or its contacts off lists; a list that is null stands for all. #}
{% macro hubspot_explain_holds(subject_id, most) %}
select distinct
    holds.list_name, holds.customer_id, holds.campaign, holds.reason, holds.email, held.contact_id
from {{ ref("hubspot_sync", "hubspot_holds") }} as holds
left join {{ ref("hubspot_sync", "hubspot_held_contacts") }} as held
    on held.email = holds.email
    and (holds.list_name is null or held.list_name = holds.list_name)
where
    holds.customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
    or holds.email in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
    or {{ hubspot_sync.hubspot_is_contact_of(subject_id, "held") }}
order by holds.list_name, holds.customer_id, holds.campaign, holds.reason, holds.email, held.contact_id
limit {{ most }}
{% endmacro %}

{# The newest verdict on each address, those under the newest run's ruleset first. #}
{% macro hubspot_explain_verdicts(subject_id, most) %}
with newest_run as (
    select ruleset, row_number() over (order by run_no desc) as newest_first
    from {{ hubspot_sync.hubspot_state_relation("run_events") }}
    where event = 'started'
),
ranked as (
    select
        verdicts.*,
        case when newest_run.ruleset is null then 0 else 1 end as is_current,
        row_number() over (
            partition by verdicts.email
            order by case when newest_run.ruleset is null then 1 else 0 end, verdicts.step desc
        ) as best_first
    from {{ hubspot_sync.hubspot_state_relation("email_verdicts") }} as verdicts
    left join newest_run on newest_run.ruleset = verdicts.ruleset and newest_run.newest_first = 1
    where verdicts.email in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
)
select email, verdict, code, detail, suggestion, judged_at, is_current
from ranked
where best_first = 1
order by email
limit {{ most }}
{% endmacro %}

{# The newest lookup of each address in the newest run's portal. #}
{% macro hubspot_explain_lookups(subject_id, most) %}
with ranked as (
    select lookups.*, row_number() over (partition by wire_email order by step desc) as newest_first
    from {{ hubspot_sync.hubspot_state_relation("contact_lookups") }} as lookups
    where
        portal_id = ({{ hubspot_sync.hubspot_newest_portal() }})
        and wire_email in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
)
select wire_email, outcome, contact_id, primary_email, opted_out, bounced, looked_up_at
from ranked
where newest_first = 1
order by wire_email
limit {{ most }}
{% endmacro %}

{# The name of each HubSpot list by its id, and whether the list still stands behind that name. #}
{% macro hubspot_list_names() -%}
(
    select
        portal_id, list_id, list_name, newest_of_name,
        row_number() over (partition by portal_id, list_id order by step desc) as newest_of_id
    from (
        select
            lists.*,
            row_number() over (partition by portal_id, list_name order by step desc) as newest_of_name
        from {{ hubspot_sync.hubspot_state_relation("lists") }} as lists
    ) as ranked
    where list_id is not null
)
{%- endmacro %}

{# Where the person is believed to be a member, on lists that still stand, and which run added it. #}
{% macro hubspot_explain_members(subject_id, most) %}
select
    members.list_id, names.list_name, members.contact_id, members.is_member, members.added_by_us,
    members.customer_id, adds.run_no as added_in_run
from {{ ref("hubspot_sync", "hubspot_members") }} as members
inner join
    {{ hubspot_sync.hubspot_list_names() }} as names
    on names.portal_id = members.portal_id
    and names.list_id = members.list_id
    and names.newest_of_id = 1
    and names.newest_of_name = 1
left join (
    select portal_id, list_id, contact_id, max(run_no) as run_no
    from {{ ref("hubspot_sync", "hubspot_settled_changes") }}
    where action = 'add' and outcome in ('applied', 'failed', 'in_doubt')
    group by portal_id, list_id, contact_id
) as adds
    on adds.portal_id = members.portal_id
    and adds.list_id = members.list_id
    and adds.contact_id = members.contact_id
where
    members.portal_id = ({{ hubspot_sync.hubspot_newest_portal() }})
    and {{ hubspot_sync.hubspot_is_contact_of(subject_id, "members") }}
order by names.list_name, members.contact_id
limit {{ most }}
{% endmacro %}

{# What the next run would change, as things stand. #}
{% macro hubspot_explain_pending(subject_id, most) %}
select changes.list_name, changes.action, changes.contact_id, changes.customer_id
from {{ ref("hubspot_sync", "hubspot_changes") }} as changes
where {{ hubspot_sync.hubspot_is_contact_of(subject_id, "changes") }}
order by changes.list_name, changes.action, changes.contact_id
limit {{ most }}
{% endmacro %}

{# The newest changes, each with its answer. #}
{% macro hubspot_explain_changes(subject_id, most) %}
with answers as (
    select
        receipts.*,
        row_number() over (partition by run_no, change_no, outcome order by step desc) as newest_first
    from {{ hubspot_sync.hubspot_state_relation("change_receipts") }} as receipts
)
select
    changes.run_no, changes.list_name, changes.action, changes.contact_id, changes.outcome,
    answers.code, answers.correlation_id, coalesce(answers.received_at, runs.started_at) as occurred_at
from {{ ref("hubspot_sync", "hubspot_settled_changes") }} as changes
left join
    answers
    on answers.run_no = changes.run_no
    and answers.change_no = changes.change_no
    and answers.outcome = changes.outcome
    and answers.newest_first = 1
left join {{ ref("hubspot_sync", "hubspot_sync_runs") }} as runs on runs.run_no = changes.run_no
where
    {{ hubspot_sync.hubspot_is_contact_of(subject_id, "changes") }}
    or changes.customer_id in {{ hubspot_sync.hubspot_facts(subject_id, "customer") }}
    or changes.wire_email in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
order by changes.step desc, changes.change_no desc
limit {{ most }}
{% endmacro %}

{# Statements for people, to run by hand: they show addresses in full and hold none. #}
{% macro hubspot_explain_sql(customer_ids, contact_ids) %}
    {% set candidates = ref("hubspot_sync", "hubspot_audience_candidates") %}
    {% set statements = [] %}
    {% if customer_ids %}
        {% set wanted = hubspot_sync.hubspot_one_of("customer_id", customer_ids) %}
        {% do statements.append("select * from " ~ candidates ~ " where " ~ wanted) %}
        {% set verdicts = hubspot_sync.hubspot_state_relation("email_verdicts") %}
        {% set emails = "select email_key from " ~ candidates ~ " where " ~ wanted %}
        {% do statements.append(
            "select * from " ~ verdicts ~ " where email in (" ~ emails ~ ")"
        ) %}
    {% endif %}
    {% if contact_ids %}
        {% set lookups = hubspot_sync.hubspot_state_relation("contact_lookups") %}
        {% set wanted = hubspot_sync.hubspot_one_of("contact_id", contact_ids) %}
        {% do statements.append("select * from " ~ lookups ~ " where " ~ wanted) %}
    {% endif %}
    {{ return(statements) }}
{% endmacro %}

{# Like hubspot_in_list, on one line. #}
{% macro hubspot_one_of(expression, values) %}
    {% set literals = [] %}
    {% for value in values %}
        {% do literals.append("'" ~ hubspot_sync.hubspot_escaped(value) ~ "'") %}
    {% endfor %}
    {{ return(expression ~ " in (" ~ literals | join(", ") ~ ")") }}
{% endmacro %}

{# -- forget ------------------------------------------------------------------------------------------- #}
{#
    Statements that find everything an address leads to. A contact that the address led to once belongs
    to the person, unless the newest lookups give it to other addresses alone: then the address has moved.
#}
{% macro hubspot_find_person(subject_id) %}
    {% set emails = hubspot_sync.hubspot_facts(subject_id, "email") %}
    {% set lookups = hubspot_sync.hubspot_state_relation("contact_lookups") %}
    {% set newest_lookups %}
(
    select *
    from (
        select lookups.*, row_number() over (partition by portal_id, wire_email order by step desc) as newest_first
        from {{ lookups }} as lookups
    ) as ranked
    where newest_first = 1
)
    {% endset %}
    {% set find_contacts %}
select reached.portal_id, reached.contact_id as fact
from (
    select portal_id, contact_id from {{ lookups }} where wire_email in {{ emails }} or primary_email in {{ emails }}
    union all
    select portal_id, contact_id from {{ hubspot_sync.hubspot_state_relation("change_intents") }} where wire_email in {{ emails }}
) as reached
left join (
    select portal_id, contact_id
    from {{ newest_lookups }} as newest
    where contact_id is not null
    group by portal_id, contact_id
    having max(case when wire_email in {{ emails }} or primary_email in {{ emails }} then 1 else 0 end) = 0
) as of_others on of_others.portal_id = reached.portal_id and of_others.contact_id = reached.contact_id
where of_others.contact_id is null
    {% endset %}
    {% set find_emails %}
select cast(null as {{ dbt.type_string() }}) as portal_id, newest.wire_email as fact
from {{ newest_lookups }} as newest
where {{ hubspot_sync.hubspot_is_contact_of(subject_id, "newest") }}
union all
select cast(null as {{ dbt.type_string() }}) as portal_id, newest.primary_email as fact
from {{ newest_lookups }} as newest
where {{ hubspot_sync.hubspot_is_contact_of(subject_id, "newest") }}
    {% endset %}
    {% set other_forms = hubspot_sync.hubspot_add_other_forms(subject_id) %}
    {% set add_contacts = hubspot_sync.hubspot_add_facts(
        subject_id, "contact", find_contacts
    ) %}
    {% set add_emails = hubspot_sync.hubspot_add_facts(
        subject_id, "email", find_emails
    ) %}
    {#- Twice: a second address of the contact may have led to one that was merged into it. #}
    {{
        return(
            other_forms + [add_contacts, add_emails] + other_forms + [add_contacts]
        )
    }}
{% endmacro %}

{% macro hubspot_forget_contacts(subject_id) %}
select distinct portal_id, fact as contact_id
from {{ hubspot_sync.hubspot_subjects() }}
where subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }} and kind = 'contact'
order by 1, 2
{% endmacro %}

{% macro hubspot_forget_emails(subject_id) %}
select distinct fact as email
from {{ hubspot_sync.hubspot_subjects() }}
where subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }} and kind = 'email'
order by 1
{% endmacro %}

{# Lists on which one of the contacts is, or may be, because the sync put it there; in every portal. #}
{% macro hubspot_forget_members(subject_id) %}
select members.portal_id, members.list_id, names.list_name, members.contact_id
from {{ ref("hubspot_sync", "hubspot_members") }} as members
left join
    {{ hubspot_sync.hubspot_list_names() }} as names
    on names.portal_id = members.portal_id
    and names.list_id = members.list_id
    and names.newest_of_id = 1
where members.added_by_us = 1 and {{ hubspot_sync.hubspot_is_contact_of(subject_id, "members") }}
order by members.portal_id, members.list_id, members.contact_id
{% endmacro %}

{# Lists whose audience has one of the addresses: the next run would bring it back. #}
{% macro hubspot_forget_wanted(subject_id) %}
select distinct list_name
from {{ ref("hubspot_sync", "hubspot_audience_candidates") }}
where email_key in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
order by 1
{% endmacro %}

{# By state table, the condition that a row speaks of the person. #}
{% macro hubspot_forget_conditions(subject_id) %}
    {% set emails = hubspot_sync.hubspot_facts(subject_id, "email") %}
    {% set of_verdict %}
    (email_verdicts.email in {{ emails }} or email_verdicts.wire_email in {{ emails }})
    {% endset %}
    {% set of_lookup %}
    (
        contact_lookups.wire_email in {{ emails }}
        or contact_lookups.primary_email in {{ emails }}
        or {{ hubspot_sync.hubspot_is_contact_of(subject_id, "contact_lookups") }}
    )
    {% endset %}
    {% set of_intent %}
    (
        change_intents.wire_email in {{ emails }}
        or {{ hubspot_sync.hubspot_is_contact_of(subject_id, "change_intents") }}
    )
    {% endset %}
    {% set of_receipt %}
    change_receipts.message is not null
    and exists (
        select 1
        from {{ hubspot_sync.hubspot_state_relation("change_intents") }} as change_intents
        where
            change_intents.run_no = change_receipts.run_no
            and change_intents.change_no = change_receipts.change_no
            and {{ of_intent }}
    )
    {% endset %}
    {{
        return(
            {
                "email_verdicts": of_verdict,
                "contact_lookups": of_lookup,
                "change_intents": of_intent,
                "change_receipts": of_receipt,
                "member_observations": hubspot_sync.hubspot_is_contact_of(
                    subject_id, "member_observations"
                ),
            }
        )
    }}
{% endmacro %}

{# How many rows of each state table speak of the person, and how many verdicts on others suggest the address. #}
{% macro hubspot_forget_counts(subject_id) %}
    {%- for table, condition in hubspot_sync.hubspot_forget_conditions(
        subject_id
    ).items() %}
select {{ hubspot_sync.hubspot_literal(table) }} as table_name, count(*) as row_count
from {{ hubspot_sync.hubspot_state_relation(table) }} as {{ table }}
where {{ condition }}
union all
    {%- endfor %}
select 'suggestions' as table_name, count(*) as row_count
from {{ hubspot_sync.hubspot_state_relation("email_verdicts") }}
where suggestion in {{ hubspot_sync.hubspot_facts(subject_id, "email") }}
{% endmacro %}

{# Scratch tables of runs and of askings; all hold addresses, and whoever needs one makes it anew. #}
{% macro hubspot_scratch_tables() %}
select table_name
from information_schema.tables
where
    lower(table_schema) = lower({{ hubspot_sync.hubspot_literal(hubspot_sync.hubspot_state_schema()) }})
    and lower(table_name) like 'scratch%'
order by 1
{% endmacro %}

{#
    Statements that erase the person, for one transaction. Verdicts and lookups go. Changes and
    observations stay, so that counts stay true, and name a random pseudonym in place of the contact; a last
    observation says of each that it is on no list, so that it is never a member of anything.
#}
{% macro hubspot_forget_statements(subject_id, step, scratch_tables) %}
    {% set conditions = hubspot_sync.hubspot_forget_conditions(subject_id) %}
    {% set subjects = hubspot_sync.hubspot_subjects() %}
    {% set intents = hubspot_sync.hubspot_state_relation("change_intents") %}
    {% set observations = hubspot_sync.hubspot_state_relation("member_observations") %}
    {% set verdicts = hubspot_sync.hubspot_state_relation("email_verdicts") %}
    {% set emails = hubspot_sync.hubspot_facts(subject_id, "email") %}
    {% set statements = [
        "update "
        ~ hubspot_sync.hubspot_state_relation("change_receipts")
        ~ " set message = null where "
        ~ conditions["change_receipts"],
        "update "
        ~ intents
        ~ " set wire_email = null, customer_id = null, payload_hash = null, payload = null where "
        ~ conditions["change_intents"],
    ] %}
    {% set ends %}
insert into {{ observations }} (portal_id, list_id, contact_id, present, step)
select distinct named.portal_id, named.list_id, subjects.pseudonym, 0, {{ step }}
from (
    select portal_id, list_id, contact_id from {{ intents }} where action in ('add', 'remove')
    union all
    select portal_id, list_id, contact_id from {{ observations }}
) as named
inner join
    {{ subjects }} as subjects
    on subjects.portal_id = named.portal_id
    and subjects.fact = named.contact_id
where subjects.subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }} and subjects.kind = 'pseudonym'
    {% endset %}
    {% do statements.append(ends) %}
    {% for table, relation in [
        ("member_observations", observations),
        ("change_intents", intents),
    ] %}
        {% set rename %}
update {{ relation }}
set contact_id = (
    select max(subjects.pseudonym)
    from {{ subjects }} as subjects
    where
        subjects.subject_id = {{ hubspot_sync.hubspot_literal(subject_id) }}
        and subjects.kind = 'pseudonym'
        and subjects.portal_id = {{ table }}.portal_id
        and subjects.fact = {{ table }}.contact_id
)
where {{ hubspot_sync.hubspot_is_contact_of(subject_id, table) }}
        {% endset %}
        {% do statements.append(rename) %}
    {% endfor %}
    {% do statements.append(
        "delete from "
        ~ hubspot_sync.hubspot_state_relation("contact_lookups")
        ~ " where "
        ~ conditions["contact_lookups"]
    ) %}
    {% do statements.append(
        "delete from " ~ verdicts ~ " where " ~ conditions["email_verdicts"]
    ) %}
    {#- Another address, mistyped, may suggest this one. #}
    {% do statements.append(
        "update "
        ~ verdicts
        ~ " set suggestion = null where suggestion in "
        ~ emails
    ) %}
    {% for table in scratch_tables %}
        {% do statements.append(
            "drop table if exists "
            ~ hubspot_sync.hubspot_state_relation(table)
        ) %}
    {% endfor %}
    {{ return(statements) }}
{% endmacro %}

{# Pseudonyms that are believed to be on a list; there is none, or a run would send one to HubSpot. #}
{% macro hubspot_forgotten_members() %}
select contact_id
from {{ ref("hubspot_sync", "hubspot_members") }}
where contact_id like 'forgotten-%'
{% endmacro %}

{# Statements after the erasure that let the old rows leave the warehouse's files as well. #}
{% macro hubspot_overwrite_statements() %}
    {{ return(adapter.dispatch("hubspot_overwrite_statements", "hubspot_sync")()) }}
{% endmacro %}

{# Elsewhere that is the warehouse's business: vacuum, retention, time travel. #}
{% macro default__hubspot_overwrite_statements() %} {{ return([]) }} {% endmacro %}

{#
    DuckDB keeps deleted rows in their block until the table is written anew, and the block's bytes in the
    file until something is written over them. So: write the tables anew, then fill the free blocks with
    random values, which do not compress, and let go of them.
#}
{% macro duckdb__hubspot_overwrite_statements() %}
    {% set statements = [] %}
    {% for table in hubspot_sync.hubspot_state_steps() | sum(start=[]) %}
        {% set relation = hubspot_sync.hubspot_state_relation(table) %}
        {% do statements.append(
            "create or replace table "
            ~ relation
            ~ " as select * from "
            ~ relation
        ) %}
    {% endfor %}
    {% set filler = hubspot_sync.hubspot_state_relation("scratch_filler") %}
    {% set checkpoint = "checkpoint " ~ adapter.quote(target.database) %}
    {% set fill %}
create or replace table {{ filler }} as
select uuid() as value
from range((
    select cast((free_blocks + 4) * block_size * 1.25 / 16 as bigint)
    from pragma_database_size()
    where database_name = {{ hubspot_sync.hubspot_literal(target.database) }}
))
    {% endset %}
    {{
        return(
            statements
            + [
                checkpoint,
                fill,
                checkpoint,
                "drop table " ~ filler,
                checkpoint,
            ]
        )
    }}
{% endmacro %}
