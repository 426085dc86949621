{{ config(severity="warn") }}
-- A change without an answer is repeated by the next run. If it still waits to be a day
-- later, no run has come to it since.
with
    settled_changes as (select * from {{ ref("hubspot_settled_changes") }}),

    sync_runs as (select * from {{ ref("hubspot_sync_runs") }}),

    changes as (select * from {{ ref("hubspot_changes") }}),

    unanswered as (

        select settled_changes.run_no, settled_changes.change_no
        from settled_changes
        inner join sync_runs on settled_changes.run_no = sync_runs.run_no
        inner join
            changes
            on settled_changes.portal_id = changes.portal_id
            and settled_changes.list_name = changes.list_name
            and settled_changes.contact_id = changes.contact_id
            and case when settled_changes.action = 'update' then 1 else 0 end
            = case when changes.action = 'update' then 1 else 0 end
        where
            settled_changes.outcome = 'in_doubt'
            and sync_runs.last_seen_at
            < {{ dbt.dateadd("day", -1, hubspot_sync.as_of()) }}

    )

select *
from unanswered
