{#
    The statements of a run, rendered for the job: what it reads, what it writes, in one
    place and in SQL. A macro returns one statement as text, or a list of them.
#}
{# Every setting of the job that is a var, in one call. #}
{% macro hubspot_sync_settings() %}
    {# A wrong name of the state's schema is told before anything is built. #}
    {% do hubspot_sync.hubspot_state_schema() %}
    {{
        return(
            {
                "portals": var("hubspot_portals", []),
                "lookup_found_days": var("hubspot_lookup_found_days", 30),
                "lookup_absent_days": var("hubspot_lookup_absent_days", 3),
                "retry_rejected_days": var("hubspot_retry_rejected_days", 30),
                "reading_days": var("hubspot_reading_days", 7),
                "requests_per_10_seconds": var(
                    "hubspot_requests_per_10_seconds", none
                ),
                "limit_share_percent": var("hubspot_limit_share_percent", 90),
                "daily_budget": var("hubspot_daily_budget", none),
                "workers": var("hubspot_workers", 24),
                "timeout_seconds": var("hubspot_timeout_seconds", 60),
                "settle_seconds": var("hubspot_settle_seconds", none),
                "membership_batch": var("hubspot_membership_batch", 500),
                "max_shrink_percent": var("hubspot_max_shrink_percent", 30),
                "max_growth_percent": var("hubspot_max_growth_percent", 100),
                "max_rejected_percent": var("hubspot_max_rejected_percent", 25),
                "small_change": var("hubspot_small_change", 20),
                "max_newly_rejected_percent": var(
                    "hubspot_max_newly_rejected_percent", 1
                ),
                "max_age_hours": var("hubspot_max_age_hours", 36),
                "fast_lane": var("hubspot_fast_lane", true),
                "attributes": hubspot_sync.hubspot_attributes(),
                "has_own_properties": hubspot_sync.hubspot_has_own_properties(),
                "package_version": "0.1.0",
            }
        )
    }}
{% endmacro %}

{# Which consent flags keep a contact off every list; a wrong one is a compile error. #}
{% macro hubspot_excluded_flags() %}
    {% set flags = var("hubspot_exclude", ["bounced"]) %}
    {% set known = ["bounced", "opted_out"] %}
    {% set given = [flags] if flags is string or flags is not iterable else flags %}
    {% for flag in given if flags is string or flags is not iterable or flag not in known %}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_exclude is " ~ flags ~ ". Use a list of: " ~ known
                | join(", ") ~ "."
            )
        }}
    {% endfor %}
    {{ return(flags) }}
{% endmacro %}

{#
    The moment before which a lookup is due again. Its life is the var's days, cut to between
    half and all of it by a hash of the address.
#}
{% macro hubspot_lookup_due_before(run_at, outcome, wire_email) %}
    {% set settings = hubspot_sync.hubspot_sync_settings() %}
    {% set digit = dbt.position(
        "substring(" ~ dbt.hash(wire_email) ~ ", 1, 1)", "'0123456789abcdef'"
    ) %}
    {% set life %}
    (case when {{ outcome }} = 'found' then {{ settings.lookup_found_days }} else {{ settings.lookup_absent_days }} end * 2700 * (16 + {{ digit }}))
    {% endset %}
    {{ return(dbt.dateadd("second", "-1 * " ~ (life | trim), run_at)) }}
{% endmacro %}

{# Columns and values of one run event; its moment is the warehouse's. #}
{% macro hubspot_run_event(run_id, event, columns={}) %}
insert into {{ hubspot_sync.hubspot_state_relation("run_events") }} (
    run_id, event, occurred_at
    {%- for column in columns %}, {{ column }}
    {% endfor %}
)
select
    {{ hubspot_sync.hubspot_literal(run_id) }},
    {{ hubspot_sync.hubspot_literal(event) }},
    {{ hubspot_sync.hubspot_now() }}
    {%- for value in columns.values() %}, {{ hubspot_sync.hubspot_literal(value) }}
    {% endfor %}
{% endmacro %}

{# The start of a run takes the next number and fixes how old a lookup or a refusal may be, as steps. #}
{% macro hubspot_start_run(run_id, ruleset, portal_id, host, pid, version) %}
    {% set settings = hubspot_sync.hubspot_sync_settings() %}
    {% set run_events = hubspot_sync.hubspot_state_relation("run_events") %}
insert into {{ run_events }} (
    run_id, event, occurred_at, run_no, step, fresh_from_step, retry_rejected_from_step,
    ruleset, portal_id, host, pid, version
)
with
    next_run as (select coalesce(max(run_no), 0) + 1 as run_no, {{ hubspot_sync.hubspot_now() }} as now_at from {{ run_events }}),
    limits as (
        select
            max(next_run.run_no) as run_no,
            max(next_run.now_at) as now_at,
            min(case when started.occurred_at >= {{ dbt.dateadd("day", -1 * settings.lookup_found_days, "next_run.now_at") }} then started.step end) as fresh_from_step,
            min(case when started.occurred_at >= {{ dbt.dateadd("day", -1 * settings.retry_rejected_days, "next_run.now_at") }} then started.step end) as retry_from_step
        from next_run
        left join {{ run_events }} as started on started.event = 'started'
    )
select
    {{ hubspot_sync.hubspot_literal(run_id) }},
    'started',
    now_at,
    run_no,
    run_no * 100,
    coalesce(fresh_from_step, run_no * 100),
    coalesce(retry_from_step, run_no * 100),
    {{ hubspot_sync.hubspot_literal(ruleset) }},
    {{ hubspot_sync.hubspot_literal(portal_id) }},
    {{ hubspot_sync.hubspot_literal(host) }},
    {{ pid }},
    {{ hubspot_sync.hubspot_literal(version) }}
from limits
{% endmacro %}

{# Claims and runs of others that have not ended, with the seconds since their last sign of life. #}
{% macro hubspot_open_claims(run_id) %}
select
    run_id,
    -- Who holds the lock for work on the state has no run, and is not to be waited
    -- for either.
    coalesce(max(run_no), max(case when event = 'held' then 0 end)) as run_no,
    max(host) as host,
    max(pid) as pid,
    {{ dbt.datediff("max(occurred_at)", hubspot_sync.hubspot_now(), "second") }} as seconds_silent
from {{ hubspot_sync.hubspot_state_relation("run_events") }}
where run_id <> {{ hubspot_sync.hubspot_literal(run_id) }}
group by run_id
having max(case when event in ('finished', 'released') then 1 else 0 end) = 0
{% endmacro %}

{# Figures of runs with a sign of life since midnight UTC, and whether they are from before. #}
{% macro hubspot_figures_of_today() %}
with
    told as (
        select
            run_no,
            figures,
            case
                when occurred_at >= {{ dbt.date_trunc("day", hubspot_sync.hubspot_now()) }} then 1 else 0
            end as is_of_today
        from {{ hubspot_sync.hubspot_state_relation("run_events") }}
        where figures is not null
    )
select told.run_no, told.is_of_today, told.figures
from told
inner join
    (select distinct run_no from told where is_of_today = 1) as runs_of_today
    on runs_of_today.run_no = told.run_no
{% endmacro %}

{% macro hubspot_run_no(run_id) %}
select max(run_no) as run_no
from {{ hubspot_sync.hubspot_state_relation("run_events") }}
where run_id = {{ hubspot_sync.hubspot_literal(run_id) }} and event = 'started'
{% endmacro %}

{% macro hubspot_newest_portal() %}
select portal_id
from {{ hubspot_sync.hubspot_state_relation("run_events") }}
where event = 'started'
order by run_no desc
limit 1
{% endmacro %}

{% macro hubspot_recorded_lists(portal_id) %}
with newest as (
    select
        list_name,
        list_id,
        adopted,
        step,
        row_number() over (partition by list_name order by step desc) as newest_first,
        min(step) over (partition by list_name, list_id) as claimed_at_step
    from {{ hubspot_sync.hubspot_state_relation("lists") }}
    where portal_id = {{ hubspot_sync.hubspot_literal(portal_id) }}
)
select list_name, list_id, adopted, claimed_at_step
from newest
where newest_first = 1
{% endmacro %}

{# Statements that write a scratch table anew. One run at a time holds the lock, so fixed names do. #}
{% macro hubspot_scratch_statements(name, select_sql) %}
    {% set scratch = hubspot_sync.hubspot_state_relation("scratch_" ~ name) %}
    {% set create %}
create table {{ scratch }} {{ hubspot_sync.hubspot_table_suffix() }} as
{{ select_sql }}
    {% endset %}
    {{ return(["drop table if exists " ~ scratch, create]) }}
{% endmacro %}

{% macro hubspot_scratch_members() %}
    {{
        return(
            hubspot_sync.hubspot_scratch_statements(
                "members", "select * from " ~ ref("hubspot_sync", "hubspot_members")
            )
        )
    }}
{% endmacro %}

{% macro hubspot_scratch_audience_rows() %}
    {{
        return(
            hubspot_sync.hubspot_scratch_statements(
                "audience_rows",
                "select * from " ~ ref("hubspot_sync", "hubspot_audience_rows"),
            )
        )
    }}
{% endmacro %}

{#
    Distinct addresses to look up, numbered so that they are read in ranges. Not all of them may have their turn
    in this run: first come those that nothing can be planned for, then those whose lookup still is good to go by,
    each with the oldest lookup first. `replacing_run_no` keeps it to the addresses whose contact HubSpot no
    longer knew in that run.
#}
{% macro hubspot_scratch_lookups(list_names, replacing_run_no=none) %}
    {% set select_sql %}
select wire_email, row_number() over (order by can_wait, lookup_step, wire_email) as row_no
from (
    select
        wire_email,
        min(case when row_state = 'unresolved' then 0 else 1 end) as can_wait,
        -- No lookup is older than any; where nulls are sorted differs by warehouse.
        min(coalesce(lookup_step, 0)) as lookup_step
    from {{ hubspot_sync.hubspot_state_relation("scratch_audience_rows") }}
    where
        lookup_is_due = 1
        and row_state not in ('unjudged', 'rejected_by_us')
        and {{ hubspot_sync.hubspot_in_list("list_name", list_names) }}
    {%- if replacing_run_no is not none %}
        and wire_email in ({{ hubspot_sync.hubspot_emails_of_missing(replacing_run_no) }})
    {%- endif %}
    group by wire_email
) as due
    {% endset %}
    {{ return(hubspot_sync.hubspot_scratch_statements("lookups", select_sql)) }}
{% endmacro %}

{# Addresses that led to a contact which HubSpot no longer knew when a run wanted to add or update it. #}
{% macro hubspot_emails_of_missing(run_no) %}
select lookups.wire_email
from {{ hubspot_sync.hubspot_state_relation("contact_lookups") }} as lookups
inner join {{ ref("hubspot_sync", "hubspot_settled_changes") }} as gone
    on gone.portal_id = lookups.portal_id
    and gone.contact_id = lookups.contact_id
where gone.run_no = {{ run_no }} and gone.outcome = 'missing' and gone.action <> 'remove'
{% endmacro %}

{#
    The plan: the changes of the lists asked for, numbered in the order they are sent. No guard looks at a
    second pass, and the audience may have changed since the first: `replacing_run_no` keeps it to the
    addresses whose contact HubSpot no longer knew in that run, and to no removal at all.
#}
{% macro hubspot_scratch_changes(list_names, limit, after_no, replacing_run_no=none) %}
    {% set select_sql %}
with changes as (
    select all_changes.*, case action when 'remove' then 1 when 'update' then 2 else 3 end as turn
    from (
{{ hubspot_sync.hubspot_changes_sql(
    hubspot_sync.hubspot_state_relation("scratch_members"), hubspot_sync.hubspot_state_relation("scratch_audience_rows")
) }}
    ) as all_changes
    where {{ hubspot_sync.hubspot_in_list("list_name", list_names) }}
    {%- if replacing_run_no is not none %}
        and action <> 'remove'
        and wire_email in ({{ hubspot_sync.hubspot_emails_of_missing(replacing_run_no) }})
    {%- endif %}
),
ranked as (
    select changes.*, row_number() over (partition by action order by list_name, contact_id) as no_of_action
    from changes
)
select
    {{ after_no }} + row_number() over (order by turn, list_name, contact_id) as change_no,
    portal_id, list_id, list_name, action, contact_id, wire_email, customer_id, payload_hash, payload
from ranked
{% if limit is not none -%} where action <> 'add' or no_of_action <= {{ limit }} {%- endif %}
    {% endset %}
    {{ return(hubspot_sync.hubspot_scratch_statements("changes", select_sql)) }}
{% endmacro %}

{# Lists that HubSpot refuses to make: their changes leave the plan, and their rows stay unsent. #}
{% macro hubspot_leave_out(list_names) %}
delete from {{ hubspot_sync.hubspot_state_relation("scratch_changes") }}
where {{ hubspot_sync.hubspot_in_list("list_name", list_names) }}
{% endmacro %}

{# The plan becomes intents, all in one statement, before anything is sent. #}
{% macro hubspot_record_intents(run_no, step) %}
insert into {{ hubspot_sync.hubspot_state_relation("change_intents") }} (
    run_no, change_no, portal_id, list_id, list_name, action, contact_id, wire_email, customer_id,
    payload_hash, payload, step
)
with newest_lists as (
    select
        portal_id, list_name, list_id,
        row_number() over (partition by portal_id, list_name order by step desc) as newest_first
    from {{ hubspot_sync.hubspot_state_relation("lists") }}
)
select
    {{ run_no }},
    changes.change_no,
    changes.portal_id,
    newest_lists.list_id,
    changes.list_name,
    changes.action,
    changes.contact_id,
    changes.wire_email,
    changes.customer_id,
    changes.payload_hash,
    changes.payload,
    {{ step }}
from {{ hubspot_sync.hubspot_state_relation("scratch_changes") }} as changes
left join
    newest_lists
    on newest_lists.portal_id = changes.portal_id
    and newest_lists.list_name = changes.list_name
    and newest_lists.newest_first = 1
{% endmacro %}

{#
    A reading of one list becomes observations: only where it differs from what was believed,
    in one statement, so that a reading that dies leaves nothing. That it happened is written after them.
#}
{% macro hubspot_record_reading(portal_id, list_id, step) %}
    {% set members %}
(select count(distinct contact_id) from {{ hubspot_sync.hubspot_state_relation("scratch_reading") }})
    {% endset %}
    {{
        return(
            [
                hubspot_sync.hubspot_observations(portal_id, list_id, step),
                hubspot_sync.hubspot_list_was_read(portal_id, list_id, step, members),
            ]
        )
    }}
{% endmacro %}

{# A list was read in full: so many members, a number or SQL. #}
{% macro hubspot_list_was_read(portal_id, list_id, step, members) %}
insert into {{ hubspot_sync.hubspot_state_relation("list_readings") }} (portal_id, list_id, occurred_at, members, step)
select
    {{ hubspot_sync.hubspot_literal(portal_id) }},
    {{ hubspot_sync.hubspot_literal(list_id) }},
    {{ hubspot_sync.hubspot_now() }},
    {{ members }},
    {{ step }}
{% endmacro %}

{# Lists that were read in full within var `hubspot_reading_days`, by the warehouse's clock. #}
{% macro hubspot_lately_read_lists(portal_id) %}
    {% set days = hubspot_sync.hubspot_sync_settings().reading_days %}
select distinct list_id
from {{ hubspot_sync.hubspot_state_relation("list_readings") }}
where
    portal_id = {{ hubspot_sync.hubspot_literal(portal_id) }}
    and occurred_at > {{ dbt.dateadd("day", -1 * days, hubspot_sync.hubspot_now()) }}
{% endmacro %}

{% macro hubspot_observations(portal_id, list_id, step) %}
insert into {{ hubspot_sync.hubspot_state_relation("member_observations") }} (
    portal_id, list_id, contact_id, present, step
)
with
    seen as (
        select distinct contact_id
        from {{ hubspot_sync.hubspot_state_relation("scratch_reading") }}
    ),
    believed as (
        select contact_id, is_member
        from {{ hubspot_sync.hubspot_state_relation("scratch_members") }}
        where
            portal_id = {{ hubspot_sync.hubspot_literal(portal_id) }}
            and list_id = {{ hubspot_sync.hubspot_literal(list_id) }}
    )
select
    {{ hubspot_sync.hubspot_literal(portal_id) }},
    {{ hubspot_sync.hubspot_literal(list_id) }},
    coalesce(seen.contact_id, believed.contact_id),
    case when seen.contact_id is not null then 1 else 0 end,
    {{ step }}
from seen
full outer join believed on believed.contact_id = seen.contact_id
where
    (seen.contact_id is not null and (believed.is_member is null or believed.is_member <> 'yes'))
    or seen.contact_id is null
{% endmacro %}

{% macro hubspot_scratch_reading() %}
    {% set select_sql %}
select contact_id from {{ hubspot_sync.hubspot_state_relation("scratch_members") }} where 1 = 0
    {% endset %}
    {{ return(hubspot_sync.hubspot_scratch_statements("reading", select_sql)) }}
{% endmacro %}

{# Believed members per list, and how many of them we did not add. #}
{% macro hubspot_member_counts(portal_id) %}
select
    list_id,
    sum(case when is_member = 'yes' then 1 else 0 end) as members,
    sum(case when added_by_us = 0 then 1 else 0 end) as strangers
from {{ hubspot_sync.hubspot_state_relation("scratch_members") }}
where portal_id = {{ hubspot_sync.hubspot_literal(portal_id) }}
group by list_id
{% endmacro %}

{% macro hubspot_change_counts() %}
select list_name, action, count(*) as changes
from {{ hubspot_sync.hubspot_state_relation("scratch_changes") }}
group by list_name, action
{% endmacro %}

{# Removals of the plan whose customer is still wanted, but whose address is rejected by now. #}
{% macro hubspot_newly_rejected_counts() %}
select changes.list_name, count(*) as changes
from {{ hubspot_sync.hubspot_state_relation("scratch_changes") }} as changes
inner join
    (
        select list_name, customer_id
        from {{ hubspot_sync.hubspot_state_relation("scratch_audience_rows") }}
        where row_state = 'rejected_by_us'
        union
        -- A new list of top-level domains reaches these before any verdict does.
        select list_name, customer_id
        from {{ ref("hubspot_sync", "hubspot_audience_candidates") }}
        where coarse_problem = 'tld'
    ) as rejected
    on rejected.list_name = changes.list_name
    and rejected.customer_id = changes.customer_id
where changes.action = 'remove'
group by changes.list_name
{% endmacro %}

{% macro hubspot_changes_between(first_no, last_no) %}
select change_no, list_name, action, contact_id, payload
from {{ hubspot_sync.hubspot_state_relation("scratch_changes") }}
where change_no between {{ first_no }} and {{ last_no }}
order by change_no
{% endmacro %}

{# First and last number of the plan's updates, which are numbered in a row. #}
{% macro hubspot_update_range() %}
select min(change_no) as first_no, max(change_no) as last_no
from {{ hubspot_sync.hubspot_state_relation("scratch_changes") }}
where action = 'update'
{% endmacro %}

{% macro hubspot_lookups_between(first_no, last_no) %}
select wire_email
from {{ hubspot_sync.hubspot_state_relation("scratch_lookups") }}
where row_no between {{ first_no }} and {{ last_no }}
order by row_no
{% endmacro %}

{% macro hubspot_highest_no(scratch, column) %}
select coalesce(max({{ column }}), 0) as highest, count(*) as row_count
from {{ hubspot_sync.hubspot_state_relation("scratch_" ~ scratch) }}
{% endmacro %}

{# The audience status as the run under way sees it, over its scratch tables. #}
{% macro hubspot_own_status() %}
    {{
        hubspot_sync.hubspot_audience_status_sql(
            hubspot_sync.hubspot_state_relation("scratch_members"),
            hubspot_sync.hubspot_state_relation("scratch_audience_rows"),
            run_is_ours=true,
        )
    }}
{% endmacro %}

{% macro hubspot_status_counts() %}
select list_name, status, count(*) as row_count
from (
    {{ hubspot_sync.hubspot_own_status() }}
) as audience_status
group by list_name, status
{% endmacro %}

{% macro hubspot_outcome_counts(run_no) %}
select list_name, action, outcome, count(*) as changes
from {{ ref("hubspot_sync", "hubspot_settled_changes") }}
where run_no = {{ run_no }}
group by list_name, action, outcome
{% endmacro %}

{% macro hubspot_declared_lists() %}
select list_name, ownership, max_members
from {{ ref("hubspot_sync", "hubspot_audience_lists") }}
order by list_name
{% endmacro %}

{# How many rows each list has, wanted and sendable, and the lists that rows name but nobody declared. #}
{% macro hubspot_audience_counts() %}
select
    candidates.list_name,
    count(*) as wanted,
    sum(case when candidates.coarse_problem is null and candidates.key_rank = 1 then 1 else 0 end) as sendable
from {{ ref("hubspot_sync", "hubspot_audience_candidates") }} as candidates
group by candidates.list_name
{% endmacro %}

{# One example of each reason, the most frequent first. #}
{% macro hubspot_rejected_sample(list_names, sample_size) %}
with ranked as (
    select
        list_name, email, code, suggestion,
        count(*) over (partition by list_name, code) as row_count,
        -- An example with a suggestion shows more.
        row_number() over (
            partition by list_name, code
            order by case when suggestion is null then 1 else 0 end, customer_id
        ) as example_no
    from (
    {{
        hubspot_sync.hubspot_rejected_emails_sql(
            "(" ~ hubspot_sync.hubspot_own_status() ~ ")"
        )
    }}
    ) as rejected_emails
    where is_current = 1 and {{ hubspot_sync.hubspot_in_list("list_name", list_names) }}
)
select list_name, code, row_count, email, suggestion
from ranked
where example_no = 1
order by row_count desc, list_name, code
limit {{ sample_size }}
{% endmacro %}

{# Rejected property updates by list and reason, the most frequent first. #}
{% macro hubspot_rejected_update_counts(list_names) %}
select list_name, code, column_name, property_name, count(*) as updates
from (
    {{
        hubspot_sync.hubspot_rejected_updates_sql(
            hubspot_sync.hubspot_state_relation("scratch_audience_rows")
        )
    }}
) as rejected_updates
where is_current = 1 and {{ hubspot_sync.hubspot_in_list("list_name", list_names) }}
group by list_name, code, column_name, property_name
order by updates desc, list_name, code, property_name
{% endmacro %}

{# Figures of the newest runs that ended well, to tell which lists have ever been complete. #}
{% macro hubspot_done_figures() %}
select figures
from {{ hubspot_sync.hubspot_state_relation("run_events") }}
where event = 'finished' and status = 'done'
order by run_no desc
limit 100
{% endmacro %}

{% macro hubspot_newest_runs(count) %}
select run_no, status, started_at, finished_at, last_seen_at, portal_id, ruleset, version, figures
from {{ ref("hubspot_sync", "hubspot_sync_runs") }}
order by run_no desc
limit {{ count }}
{% endmacro %}
