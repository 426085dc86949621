with

    run_events as (select * from {{ source("hubspot_sync_state", "run_events") }}),

    runs as (
        select
            run_no,
            max(run_id) as run_id,
            max(portal_id) as portal_id,
            max(ruleset) as ruleset,
            max(version) as version,
            max(host) as host,
            max(case when event = 'started' then occurred_at end) as started_at,
            max(case when event = 'finished' then occurred_at end) as finished_at,
            max(occurred_at) as last_seen_at,
            -- A run without an end is under way or dead; last_seen_at tells which.
            coalesce(
                max(case when event = 'finished' then status end), 'open'
            ) as status,
            max(case when event = 'finished' then figures end) as figures
        from run_events
        where run_no is not null
        group by run_no
    )

select *
from runs
