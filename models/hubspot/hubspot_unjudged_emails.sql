with

    audience as (select * from {{ ref("hubspot_audience") }}),

    candidates as (select * from {{ ref("hubspot_audience_candidates") }}),

    holds as (select * from {{ ref("hubspot_holds") }}),

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

    -- What SQL refuses is judged as well: only the strict rules can suggest what was
    -- meant. So is whom nobody may send to: HubSpot knows addresses by their wire form.
    wanted as (
        select email
        from audience
        union
        select email_key as email
        from candidates
        where
            coarse_problem is not null and coarse_problem not in ('missing', 'too_long')
        union
        select email
        from holds
    ),

    unjudged as (
        select wanted.email
        from wanted
        left join known on known.email = wanted.email
        where known.email is null
    )

select *
from unjudged
