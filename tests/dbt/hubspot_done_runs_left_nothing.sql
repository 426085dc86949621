-- A run says it is done only when it has an answer to each of its changes.
with
    settled_changes as (select * from {{ ref("hubspot_settled_changes") }}),

    sync_runs as (select * from {{ ref("hubspot_sync_runs") }}),

    left_over as (

        select
            settled_changes.run_no, settled_changes.change_no, settled_changes.outcome
        from settled_changes
        inner join sync_runs on settled_changes.run_no = sync_runs.run_no
        where
            sync_runs.status = 'done'
            and settled_changes.outcome in ('failed', 'in_doubt', 'not_sent')

    )

select *
from left_over
