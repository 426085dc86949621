with

    candidates as (select * from {{ ref("hubspot_audience_candidates") }}),

    audience_rows as (select * from {{ ref("hubspot_audience_rows") }}),

    settled_changes as (select * from {{ ref("hubspot_settled_changes") }}),

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

    receipts as (
        select
            run_no,
            change_no,
            code,
            message,
            received_at,
            row_number() over (
                partition by run_no, change_no order by step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "change_receipts") }}
        where outcome = 'rejected'
    ),

    refused_adds as (
        select
            settled_changes.*,
            row_number() over (
                partition by
                    settled_changes.portal_id,
                    settled_changes.list_id,
                    settled_changes.contact_id
                order by settled_changes.step desc
            ) as newest_first
        from settled_changes
        where settled_changes.action = 'add' and settled_changes.outcome <> 'not_sent'
    ),

    coarse as (
        select
            list_name,
            customer_id,
            email,
            'coarse' as stage,
            coarse_problem as code,
            cast(null as {{ dbt.type_string() }}) as detail,
            cast(null as {{ dbt.type_string() }}) as suggestion,
            cast(null as {{ dbt.type_timestamp() }}) as rejected_at
        from candidates
        where coarse_problem is not null
    ),

    strict as (
        select
            candidates.list_name,
            candidates.customer_id,
            candidates.email,
            'strict' as stage,
            verdicts.code,
            verdicts.detail,
            verdicts.suggestion,
            verdicts.judged_at as rejected_at
        from candidates
        inner join
            verdicts
            on verdicts.email = candidates.email_key
            and verdicts.newest_first = 1
        where candidates.coarse_problem is null and candidates.key_rank = 1
    ),

    refused_lookups as (
        select
            audience_rows.list_name,
            audience_rows.customer_id,
            audience_rows.email,
            'hubspot' as stage,
            'lookup_refused' as code,
            'HubSpot refused to look this address up.' as detail,
            cast(null as {{ dbt.type_string() }}) as suggestion,
            lookups.looked_up_at as rejected_at
        from audience_rows
        inner join
            (
                select
                    portal_id,
                    wire_email,
                    looked_up_at,
                    row_number() over (
                        partition by portal_id, wire_email order by step desc
                    ) as newest_first
                from {{ source("hubspot_sync_state", "contact_lookups") }}
            ) as lookups
            on lookups.portal_id = audience_rows.portal_id
            and lookups.wire_email = audience_rows.wire_email
            and lookups.newest_first = 1
        where audience_rows.row_state = 'refused_by_hubspot'
    ),

    refused_members as (
        select
            audience_rows.list_name,
            audience_rows.customer_id,
            audience_rows.email,
            'hubspot' as stage,
            receipts.code,
            receipts.message as detail,
            cast(null as {{ dbt.type_string() }}) as suggestion,
            receipts.received_at as rejected_at
        from audience_rows
        inner join
            refused_adds
            on refused_adds.portal_id = audience_rows.portal_id
            and refused_adds.list_id = audience_rows.list_id
            and refused_adds.contact_id = audience_rows.last_contact_id
            and refused_adds.newest_first = 1
            and refused_adds.outcome = 'rejected'
        inner join
            receipts
            on receipts.run_no = refused_adds.run_no
            and receipts.change_no = refused_adds.change_no
            and receipts.newest_first = 1
    ),

    rejected as (
        select *
        from coarse
        union all
        select *
        from strict
        union all
        select *
        from refused_lookups
        union all
        select *
        from refused_members
    )

select *
from rejected
