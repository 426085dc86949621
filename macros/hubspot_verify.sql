{#
    The statements of `verify`: a list as it was read beside the members the ledger
    believes in. The reading goes to a scratch table of its own; no table of the state
    is written.
#}
{% macro hubspot_scratch_verify() %}
    {% set scratch = hubspot_sync.hubspot_state_relation("scratch_verify") %}
    {% set string = dbt.type_string() %}
    {% set create %}
create table {{ scratch }} (list_id {{ string }}, contact_id {{ string }}) {{ hubspot_sync.hubspot_table_suffix() }}
    {% endset %}
    {{ return(["drop table if exists " ~ scratch, create]) }}
{% endmacro %}

{% macro hubspot_drop_scratch_verify() %}
drop table if exists {{ hubspot_sync.hubspot_state_relation("scratch_verify") }}
{% endmacro %}

{% macro hubspot_read_counts() %}
select list_id, count(*) as members
from {{ hubspot_sync.hubspot_state_relation("scratch_verify") }}
group by list_id
{% endmacro %}

{#
    Each difference between the reading and the belief, counted per list and kind, with
    some record ids. What an interrupted run left in doubt agrees with either.
#}
{% macro hubspot_drift(portal_id, list_ids, sample_size) %}
with
    seen as (
        select distinct list_id, contact_id
        from {{ hubspot_sync.hubspot_state_relation("scratch_verify") }}
    ),
    believed as (
        select list_id, contact_id, is_member
        from {{ ref("hubspot_sync", "hubspot_members") }}
        where
            portal_id = {{ hubspot_sync.hubspot_literal(portal_id) }}
            and {{ hubspot_sync.hubspot_in_list("list_id", list_ids) }}
    ),
    compared as (
        select
            coalesce(seen.list_id, believed.list_id) as list_id,
            coalesce(seen.contact_id, believed.contact_id) as contact_id,
            case
                when believed.contact_id is null then 'not_believed'
                when believed.is_member = 'maybe' then 'in_doubt'
                when seen.contact_id is null then 'not_on_list'
                else 'agreed'
            end as difference
        from seen
        full outer join
            believed
            on believed.list_id = seen.list_id
            and believed.contact_id = seen.contact_id
    )
    {{
        hubspot_sync.hubspot_sampled_differences(
            "compared where difference <> 'agreed'", sample_size
        )
    }}
{% endmacro %}

{# What a run's own readings found: the observations it recorded. #}
{% macro hubspot_observed_drift(run_no, sample_size) %}
with
    observed as (
        select
            list_id,
            contact_id,
            case when present = 1 then 'not_believed' else 'not_on_list' end as difference
        from {{ hubspot_sync.hubspot_state_relation("member_observations") }}
        where step between {{ run_no * 100 }} and {{ run_no * 100 + 99 }}
    )
    {{ hubspot_sync.hubspot_sampled_differences("observed", sample_size) }}
{% endmacro %}

{# The end of both: how many there are of each kind, and the first record ids. #}
{% macro hubspot_sampled_differences(source, sample_size) %}
select list_id, difference, contacts, contact_id
from (
    select
        list_id,
        difference,
        contact_id,
        count(*) over (partition by list_id, difference) as contacts,
        row_number() over (partition by list_id, difference order by contact_id) as contact_no
    from {{ source }}
) as differences
where contact_no <= {{ sample_size }}
order by list_id, difference, contact_no
{% endmacro %}
