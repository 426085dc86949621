with
    enrolments as (select * from {{ ref("campaign_enrolments") }}),

    aliases as (select * from {{ ref("customer_aliases") }}),

    settled_changes as (select * from {{ ref("hubspot_settled_changes") }}),

    receipts as (select * from {{ source("hubspot_sync_state", "change_receipts") }}),

    run_starts as (

        select
            run_no,
            portal_id,
            occurred_at as started_at,
            row_number() over (order by run_no desc) as newest_first
        from {{ source("hubspot_sync_state", "run_events") }}
        where event = 'started'

    ),

    -- A change may have two receipts: an append that was repeated.
    shown_changes as (

        select
            changes.portal_id,
            changes.list_id,
            changes.list_name,
            changes.contact_id,
            changes.customer_id,
            changes.action,
            changes.step,
            run_starts.started_at,
            min(receipts.received_at) as shown_at
        from settled_changes as changes
        inner join
            receipts
            on changes.run_no = receipts.run_no
            and changes.change_no = receipts.change_no
            and changes.outcome = receipts.outcome
        inner join run_starts on changes.run_no = run_starts.run_no
        inner join
            run_starts as newest_run
            on changes.portal_id = newest_run.portal_id
            and newest_run.newest_first = 1
        where
            (
                changes.action in ('add', 'remove')
                and changes.outcome in ('applied', 'already_so')
            )
            or (changes.action = 'remove' and changes.outcome = 'missing')
        group by
            changes.portal_id,
            changes.list_id,
            changes.list_name,
            changes.contact_id,
            changes.customer_id,
            changes.action,
            changes.step,
            run_starts.started_at

    ),

    with_removals as (

        select
            shown_changes.*,
            min(case when action = 'remove' then shown_at end) over (
                partition by list_id, contact_id
                order by step asc
                rows between 1 following and unbounded following
            ) as removed_at
        from shown_changes

    ),

    memberships as (

        select
            with_removals.portal_id,
            with_removals.list_name,
            with_removals.contact_id,
            coalesce(aliases.customer_id, with_removals.customer_id) as customer_id,
            with_removals.started_at,
            with_removals.shown_at,
            with_removals.removed_at
        from with_removals
        left join aliases on with_removals.customer_id = aliases.alias_id
        where with_removals.action = 'add'

    ),

    assignments as (

        select
            enrolments.*,
            coalesce(
                aliases.customer_id, enrolments.customer_id
            ) as current_customer_id,
            enrolments.is_control and enrolments.is_active as is_held,
            lead(enrolments.assigned_at) over (
                partition by enrolments.campaign, enrolments.customer_id
                order by enrolments.build_no
            ) as ended_at,
            max(
                case
                    when not (enrolments.is_control and enrolments.is_active)
                    then enrolments.build_no
                    else 0
                end
            ) over (partition by enrolments.campaign, enrolments.customer_id)
            as free_until_build_no
        from enrolments
        left join aliases on enrolments.customer_id = aliases.alias_id

    ),

    -- As assigned when the run began that sent the contact, or, where the contact was
    -- on
    -- the list before, from the assignment on.
    sent as (

        select
            assignments.campaign,
            assignments.current_customer_id as customer_id,
            assignments.sub_audience,
            assignments.treatment,
            assignments.list_name,
            memberships.portal_id,
            memberships.contact_id,
            memberships.removed_at,
            case
                when memberships.shown_at < assignments.assigned_at
                then assignments.assigned_at
                else memberships.shown_at
            end as exposed_at
        from assignments
        inner join
            memberships
            on assignments.current_customer_id = memberships.customer_id
            and assignments.list_name = memberships.list_name
        where
            assignments.is_active
            and (
                assignments.ended_at is null
                or memberships.started_at < assignments.ended_at
            )
            and (
                memberships.removed_at is null
                or memberships.removed_at > assignments.assigned_at
            )

    ),

    ranked_sent as (

        select
            sent.*,
            max(case when removed_at is null then 1 else 0 end) over (
                partition by campaign, customer_id, list_name
            ) as is_on_list,
            max(removed_at) over (
                partition by campaign, customer_id, list_name
            ) as last_removed_at,
            row_number() over (
                partition by campaign, customer_id
                order by exposed_at, list_name, contact_id
            ) as earliest_first
        from sent

    ),

    held as (

        select
            campaign, current_customer_id as customer_id, min(assigned_at) as held_since
        from assignments
        where is_held and build_no > free_until_build_no
        group by campaign, current_customer_id

    ),

    -- Of several ids that a customer went by, one in control tells.
    newest_assignments as (

        select
            assignments.*,
            row_number() over (
                partition by campaign, current_customer_id
                order by
                    case
                        when is_held and build_no > free_until_build_no then 0 else 1
                    end asc,
                    build_no desc,
                    customer_id asc
            ) as newest_first
        from assignments

    ),

    exposures as (

        select
            newest.campaign,
            newest.current_customer_id as customer_id,
            case
                when sent.exposed_at is not null
                then sent.sub_audience
                else newest.sub_audience
            end as sub_audience,
            case
                when sent.exposed_at is not null
                then sent.treatment
                else newest.treatment
            end as treatment,
            case
                when sent.exposed_at is not null then false else newest.is_control
            end as is_control,
            case
                when sent.exposed_at is not null
                then sent.list_name
                else newest.list_name
            end as list_name,
            sent.portal_id,
            sent.contact_id,
            sent.exposed_at,
            case when sent.is_on_list = 0 then sent.last_removed_at end as removed_at,
            held.held_since
        from newest_assignments as newest
        left join
            ranked_sent as sent
            on newest.campaign = sent.campaign
            and newest.current_customer_id = sent.customer_id
            and sent.earliest_first = 1
        left join
            held
            on newest.campaign = held.campaign
            and newest.current_customer_id = held.customer_id
        where newest.newest_first = 1

    )

select *
from exposures
