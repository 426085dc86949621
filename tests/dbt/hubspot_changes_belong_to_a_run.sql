-- Each intent has a run that started, and each receipt an intent: what has none is
-- never
-- looked at.
with
    change_intents as (

        select * from {{ source("hubspot_sync_state", "change_intents") }}

    ),

    change_receipts as (

        select * from {{ source("hubspot_sync_state", "change_receipts") }}

    ),

    run_events as (select * from {{ source("hubspot_sync_state", "run_events") }}),

    started_runs as (

        select run_no from run_events where event = 'started' group by run_no

    ),

    orphans as (

        select change_intents.run_no, change_intents.change_no, 'intent' as kind
        from change_intents
        left join started_runs on change_intents.run_no = started_runs.run_no
        where started_runs.run_no is null
        union all
        select change_receipts.run_no, change_receipts.change_no, 'receipt' as kind
        from change_receipts
        left join
            change_intents
            on change_receipts.run_no = change_intents.run_no
            and change_receipts.change_no = change_intents.change_no
        where change_intents.run_no is null

    )

select *
from orphans
