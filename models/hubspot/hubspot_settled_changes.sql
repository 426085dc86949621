with

    intents as (select * from {{ source("hubspot_sync_state", "change_intents") }}),

    receipts as (select * from {{ source("hubspot_sync_state", "change_receipts") }}),

    run_events as (select * from {{ source("hubspot_sync_state", "run_events") }}),

    -- An append that was repeated gives a change two receipts: the strongest outcome
    -- counts.
    answers as (
        select
            run_no,
            change_no,
            min(
                case
                    outcome
                    when 'applied'
                    then 1
                    when 'already_so'
                    then 2
                    when 'missing'
                    then 3
                    when 'rejected'
                    then 4
                    else 5
                end
            ) as strength
        from receipts
        group by run_no, change_no
    ),

    finished_runs as (select distinct run_no from run_events where event = 'finished'),

    settled as (
        select
            intents.run_no,
            intents.change_no,
            intents.portal_id,
            intents.list_id,
            intents.list_name,
            intents.action,
            intents.contact_id,
            intents.wire_email,
            intents.customer_id,
            intents.payload_hash,
            intents.step,
            case
                when answers.strength = 1
                then 'applied'
                when answers.strength = 2
                then 'already_so'
                when answers.strength = 3
                then 'missing'
                when answers.strength = 4
                then 'rejected'
                when answers.strength = 5
                then 'failed'
                -- A run that ended in order has said all it knows: what has no
                -- receipt was not sent.
                when finished_runs.run_no is not null
                then 'not_sent'
                else 'in_doubt'
            end as outcome
        from intents
        left join
            answers
            on answers.run_no = intents.run_no
            and answers.change_no = intents.change_no
        left join finished_runs on finished_runs.run_no = intents.run_no
    )

select *
from settled
