{#
    Why each rejected row was rejected. The status of the audience rows is an argument for
    the same reason as in hubspot_changes_sql: a run has it over scratch tables.
#}
{% macro hubspot_rejected_emails_sql(audience_status) %}
    with

        rejected_rows as (
            select *
            from {{ audience_status }} as audience_status
            where status in ('rejected_by_us', 'rejected_by_hubspot')
        ),

        settled_changes as (
            select * from {{ ref("hubspot_sync", "hubspot_settled_changes") }}
        ),

        this_run as (
            select *
            from {{ source("hubspot_sync_state", "run_events") }}
            where
                event = 'started'
                and run_no = (
                    select max(run_no)
                    from {{ source("hubspot_sync_state", "run_events") }}
                    where event = 'started'
                )
        ),

        verdicts as (
            select
                known.*,
                row_number() over (
                    partition by known.email order by known.step desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "email_verdicts") }} as known
            inner join this_run on this_run.ruleset = known.ruleset
            where known.verdict = 'rejected'
        ),

        lookups as (
            select
                known.*,
                row_number() over (
                    partition by known.wire_email order by known.step desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "contact_lookups") }} as known
            inner join this_run on this_run.portal_id = known.portal_id
        ),

        refused_adds as (
            select
                settled_changes.list_id,
                settled_changes.contact_id,
                receipts.code,
                receipts.message,
                receipts.received_at,
                row_number() over (
                    partition by settled_changes.list_id, settled_changes.contact_id
                    order by settled_changes.step desc, receipts.step desc
                ) as newest_first
            from settled_changes
            inner join this_run on this_run.portal_id = settled_changes.portal_id
            inner join
                {{ source("hubspot_sync_state", "change_receipts") }} as receipts
                on receipts.run_no = settled_changes.run_no
                and receipts.change_no = settled_changes.change_no
                and receipts.outcome = 'rejected'
            where
                settled_changes.action = 'add' and settled_changes.outcome = 'rejected'
        ),

        explained as (
            select
                rejected_rows.list_name,
                rejected_rows.customer_id,
                rejected_rows.email,
                case
                    when rejected_rows.status = 'rejected_by_hubspot'
                    then 'hubspot'
                    when verdicts.email is not null
                    then 'strict'
                    else 'coarse'
                end as stage,
                case
                    when rejected_rows.status = 'rejected_by_us'
                    then rejected_rows.code
                    when rejected_rows.contact_id is null
                    then 'lookup_refused'
                    else refused_adds.code
                end as code,
                case
                    when rejected_rows.status = 'rejected_by_us'
                    then verdicts.detail
                    when rejected_rows.contact_id is null
                    then 'HubSpot refused to look this address up.'
                    else refused_adds.message
                end as detail,
                verdicts.suggestion,
                case
                    when rejected_rows.status = 'rejected_by_us'
                    then verdicts.judged_at
                    when rejected_rows.contact_id is null
                    then lookups.looked_up_at
                    else refused_adds.received_at
                end as rejected_at
            from rejected_rows
            left join
                verdicts
                on verdicts.email = rejected_rows.email_key
                and verdicts.newest_first = 1
                and rejected_rows.status = 'rejected_by_us'
            left join
                lookups
                on lookups.wire_email = rejected_rows.wire_email
                and lookups.newest_first = 1
            left join
                refused_adds
                on refused_adds.list_id = rejected_rows.list_id
                and refused_adds.contact_id = rejected_rows.contact_id
                and refused_adds.newest_first = 1
        )

    select *
    from explained
{% endmacro %}
