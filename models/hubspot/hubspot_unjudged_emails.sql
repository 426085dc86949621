with

    audience as (select * from {{ ref("hubspot_audience") }}),

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

    known as (
        select distinct verdicts.email
        from {{ source("hubspot_sync_state", "email_verdicts") }} as verdicts
        inner join this_run on this_run.ruleset = verdicts.ruleset
    ),

    unjudged as (
        select distinct audience.email
        from audience
        left join known on known.email = audience.email
        where known.email is null
    )

select *
from unjudged
