{#
    Compaction: rows of the state that no view needs any more go, for good. All of it happens in one
    transaction, with what the views say before and after compared in it; when they differ nothing changes.
    What is younger than `keep_days` stays, for people to look at. Needs a warehouse that can delete.
#}
{% macro hubspot_compaction(keep_days) %}
    {% set state = hubspot_sync.hubspot_state_relation %}
    {% set statements = [] %}
    {% for name, model in [
        ("members_before", "hubspot_members"),
        ("changes_before", "hubspot_changes"),
    ] %}
        {% do statements.extend(
            hubspot_sync.hubspot_scratch_statements(
                name, "select * from " ~ ref("hubspot_sync", model)
            )
        ) %}
    {% endfor %}
    {% do statements.extend(
        hubspot_sync.hubspot_scratch_statements(
            "kept_changes", hubspot_sync.hubspot_kept_changes(keep_days)
        )
    ) %}
    {% do statements.extend(
        hubspot_sync.hubspot_scratch_statements(
            "resets", hubspot_sync.hubspot_reset_steps()
        )
    ) %}
    {% for table in ["change_intents", "change_receipts"] %}
        {% do statements.append(
            "delete from "
            ~ state(table)
            ~ " where not exists (select 1 from "
            ~ state("scratch_kept_changes")
            ~ " as kept where kept.run_no = "
            ~ state(table).include(database=false, schema=false)
            ~ ".run_no"
            ~ " and kept.change_no = "
            ~ state(table).include(database=false, schema=false)
            ~ ".change_no)"
        ) %}
    {% endfor %}
    {% do statements.append(hubspot_sync.hubspot_delete_old_observations(keep_days)) %}
    {% do statements.append(hubspot_sync.hubspot_delete_old_readings(keep_days)) %}
    {% do statements.append(hubspot_sync.hubspot_delete_old_verdicts()) %}
    {% do statements.append(hubspot_sync.hubspot_delete_old_lookups()) %}
    {% do statements.append(hubspot_sync.hubspot_delete_old_events(keep_days)) %}
    {% do statements.append(hubspot_sync.hubspot_delete_old_invocations(keep_days)) %}
    {{ return(statements) }}
{% endmacro %}

{# The first step of the oldest run that is young enough to be kept whole; beyond all steps when none is. #}
{% macro hubspot_kept_from_step(keep_days) %}
    (
        select
            coalesce(
                min(
                    case
                        when
                            occurred_at
                            >= {{
                                dbt.dateadd(
                                    "day",
                                    -1 * keep_days,
                                    hubspot_sync.hubspot_now(),
                                )
                            }}
                        then step
                    end
                ),
                max(step) + 100
            )
        from {{ hubspot_sync.hubspot_state_relation("run_events") }}
        where event = 'started'
    )
{% endmacro %}

{# Per list and contact the step after which the fold of members begins anew. #}
{% macro hubspot_reset_steps() %}
    select portal_id, list_id, contact_id, max(step) as reset_step
    from
        (
            select portal_id, list_id, contact_id, step
            from {{ ref("hubspot_sync", "hubspot_settled_changes") }}
            where
                (action = 'add' and outcome in ('applied', 'missing', 'rejected'))
                or (
                    action = 'remove'
                    and outcome in ('applied', 'already_so', 'missing')
                )
            union all
            select portal_id, list_id, contact_id, step
            from {{ hubspot_sync.hubspot_state_relation("member_observations") }}
            where present = 0
        ) as resetting
    group by portal_id, list_id, contact_id
{% endmacro %}

{# The changes that a model still needs, and those young enough to be looked at. #}
{% macro hubspot_kept_changes(keep_days) %}
    with
        settled as (
            select changes.*, resets.reset_step
            from {{ ref("hubspot_sync", "hubspot_settled_changes") }} as changes
            left join
                ({{ hubspot_sync.hubspot_reset_steps() }}) as resets
                on resets.portal_id = changes.portal_id
                and resets.list_id = changes.list_id
                and resets.contact_id = changes.contact_id
            where changes.outcome <> 'not_sent'
        ),
        ranked as (
            select
                settled.*,
                row_number() over (
                    partition by portal_id, contact_id, outcome order by step desc
                ) as newest_of_outcome,
                row_number() over (
                    partition by portal_id, list_id, contact_id, action, outcome
                    order by step desc
                ) as newest_of_action,
                row_number() over (
                    partition by
                        portal_id,
                        list_id,
                        contact_id,
                        case
                            when
                                action = 'add'
                                and customer_id is not null
                                and outcome
                                in ('applied', 'already_so', 'failed', 'in_doubt')
                            then 1
                            else 0
                        end
                    order by step desc
                ) as newest_of_reason,
                max(
                    case
                        when action = 'update' and outcome in ('applied', 'already_so')
                        then step
                    end
                ) over (partition by portal_id, list_name, contact_id)
                as newest_update_step
            from settled
        )
    select run_no, change_no
    from ranked
    where
        (action in ('add', 'remove') and (reset_step is null or step >= reset_step))
        or (
            action = 'update'
            and (newest_update_step is null or step >= newest_update_step)
        )
        or (outcome = 'missing' and newest_of_outcome = 1)
        or (action = 'add' and outcome = 'rejected' and newest_of_action = 1)
        or (
            action = 'add'
            and customer_id is not null
            and outcome in ('applied', 'already_so', 'failed', 'in_doubt')
            and newest_of_reason = 1
        )
        or step >= {{ hubspot_sync.hubspot_kept_from_step(keep_days) }}
        {%- if hubspot_sync.hubspot_campaign_models() %}
            -- Who was on a campaign's list when is what its results are counted from.
            or (
                action in ('add', 'remove')
                and list_name in (
                    select list_name
                    from {{ ref("hubspot_sync", "campaign_enrolments") }}
                    where list_name is not null
                )
            )
        {%- endif %}
{% endmacro %}

{% macro hubspot_delete_old_observations(keep_days) %}
    delete from {{ hubspot_sync.hubspot_state_relation("member_observations") }}
    where
        step < {{ hubspot_sync.hubspot_kept_from_step(keep_days) }}
        and exists (
            select 1
            from {{ hubspot_sync.hubspot_state_relation("scratch_resets") }} as resets
            where
                resets.portal_id = member_observations.portal_id
                and resets.list_id = member_observations.list_id
                and resets.contact_id = member_observations.contact_id
                and resets.reset_step > member_observations.step
        )
{% endmacro %}

{# Of each list the newest reading stays: only it tells when the next one is due. #}
{% macro hubspot_delete_old_readings(keep_days) %}
    delete from {{ hubspot_sync.hubspot_state_relation("list_readings") }}
    where
        step < {{ hubspot_sync.hubspot_kept_from_step(keep_days) }}
        and exists (
            select 1
            from {{ hubspot_sync.hubspot_state_relation("list_readings") }} as later
            where
                later.portal_id = list_readings.portal_id
                and later.list_id = list_readings.list_id
                and later.step > list_readings.step
        )
{% endmacro %}

{# Of each address the newest verdict stays, and the newest under the ruleset in force. #}
{% macro hubspot_delete_old_verdicts() %}
    delete from {{ hubspot_sync.hubspot_state_relation("email_verdicts") }}
    where
        not exists (
            select 1
            from
                (
                    select
                        email,
                        ruleset,
                        step,
                        row_number() over (
                            partition by email order by step desc
                        ) as newest_first,
                        row_number() over (
                            partition by email, ruleset order by step desc
                        ) as newest_of_ruleset
                    from {{ hubspot_sync.hubspot_state_relation("email_verdicts") }}
                ) as kept
            where
                kept.email = email_verdicts.email
                and kept.ruleset = email_verdicts.ruleset
                and kept.step = email_verdicts.step
                and (
                    kept.newest_first = 1
                    or (
                        kept.newest_of_ruleset = 1
                        and kept.ruleset = (
                            select max(ruleset)
                            from {{ hubspot_sync.hubspot_state_relation("run_events") }}
                            where
                                event = 'started'
                                and run_no = (
                                    select max(run_no)
                                    from
                                        {{
                                            hubspot_sync.hubspot_state_relation(
                                                "run_events"
                                            )
                                        }}
                                    where event = 'started'
                                )
                        )
                    )
                )
        )
{% endmacro %}

{# Of each address the newest lookup stays, and of each contact the newest that found it, for its consent. #}
{% macro hubspot_delete_old_lookups() %}
    delete from {{ hubspot_sync.hubspot_state_relation("contact_lookups") }}
    where
        not exists (
            select 1
            from
                (
                    select
                        portal_id,
                        wire_email,
                        step,
                        outcome,
                        row_number() over (
                            partition by portal_id, wire_email order by step desc
                        ) as newest_first,
                        max(step) over (
                            partition by portal_id, contact_id
                        ) as newest_of_contact
                    from {{ hubspot_sync.hubspot_state_relation("contact_lookups") }}
                ) as kept
            where
                kept.portal_id = contact_lookups.portal_id
                and kept.wire_email = contact_lookups.wire_email
                and kept.step = contact_lookups.step
                and (
                    kept.newest_first = 1
                    or (kept.outcome = 'found' and kept.step = kept.newest_of_contact)
                )
        )
{% endmacro %}

{#
    Starts and ends of runs stay; what was only said on the way goes, once it is old. Of work on the state,
    which is no run, everything goes together: its hold without its release would be a claim for ever.
#}
{% macro hubspot_delete_old_events(keep_days) %}
    delete from {{ hubspot_sync.hubspot_state_relation("run_events") }}
    where
        (
            event in ('heartbeat', 'claimed')
            or (
                event in ('held', 'released')
                and run_id not in (
                    select run_id
                    from {{ hubspot_sync.hubspot_state_relation("run_events") }}
                    where event = 'started'
                )
            )
        )
        and occurred_at
        < {{ dbt.dateadd("day", -1 * keep_days, hubspot_sync.hubspot_now()) }}
        and run_id in (
            select run_id
            from {{ hubspot_sync.hubspot_state_relation("run_events") }}
            where event in ('finished', 'released')
        )
{% endmacro %}

{# Only the newest dbt invocations are asked about: the last that built the audience, and what came after it. #}
{% macro hubspot_delete_old_invocations(keep_days) %}
    delete from {{ hubspot_sync.hubspot_state_relation("dbt_invocations") }}
    where
        occurred_at
        < {{ dbt.dateadd("day", -1 * keep_days, hubspot_sync.hubspot_now()) }}
        and exists (
            select 1
            from {{ hubspot_sync.hubspot_state_relation("dbt_invocations") }} as later
            where later.built = 1 and later.occurred_at > dbt_invocations.occurred_at
        )
{% endmacro %}

{# What the views say differently now: no rows, or the compaction must not stand. #}
{% macro hubspot_compaction_differences() %}
    {% for name, model in [
        ("members_before", "hubspot_members"),
        ("changes_before", "hubspot_changes"),
    ] %}
        {% set before = hubspot_sync.hubspot_state_relation("scratch_" ~ name) %}
        {% set now = ref("hubspot_sync", model) %}
        select '{{ model }}' as model, count(*) as differences
        from
            (
                (select * from {{ before }} {{ dbt.except() }} select * from {{ now }})
                union all
                (select * from {{ now }} {{ dbt.except() }} select * from {{ before }})
            ) as difference_{{ loop.index }}
        having count(*) > 0 {{ "union all" if not loop.last }}
    {% endfor %}
{% endmacro %}

{# Rows of each state table, to tell what a compaction did. #}
{% macro hubspot_state_counts() %}
    {% for tables in hubspot_sync.hubspot_state_steps() %}
        {% set last_step = loop.last %}
        {% for table in tables %}
            select '{{ table }}' as state_table, count(*) as row_count
            from
                {{ hubspot_sync.hubspot_state_relation(table) }}
                {{ "union all" if not (last_step and loop.last) }}
        {% endfor %}
    {% endfor %}
{% endmacro %}
