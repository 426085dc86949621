with

    settled_changes as (select * from {{ ref("hubspot_settled_changes") }}),

    observations as (
        select * from {{ source("hubspot_sync_state", "member_observations") }}
    ),

    events as (
        select
            portal_id,
            list_id,
            contact_id,
            step,
            customer_id,
            wire_email,
            case
                when action = 'add' and outcome = 'applied'
                then 'put_in'
                when action = 'add' and outcome = 'already_so'
                then 'seen_in'
                when action = 'add' and outcome in ('missing', 'rejected')
                then 'out'
                when action = 'add'
                then 'maybe_in'
                when outcome in ('applied', 'already_so', 'missing')
                then 'out'
                else 'maybe_out'
            end as kind
        from settled_changes
        where action in ('add', 'remove') and outcome <> 'not_sent'
        union all
        select
            portal_id,
            list_id,
            contact_id,
            step,
            cast(null as {{ dbt.type_string() }}) as customer_id,
            cast(null as {{ dbt.type_string() }}) as wire_email,
            case when present = 1 then 'seen_in' else 'out' end as kind
        from observations
    ),

    with_reset as (
        select
            events.*,
            max(case when kind in ('put_in', 'out') then step end) over (
                partition by portal_id, list_id, contact_id
            ) as reset_step
        from events
    ),

    since_reset as (
        select
            with_reset.*,
            lag(kind) over (
                partition by portal_id, list_id, contact_id order by step
            ) as previous_kind,
            row_number() over (
                partition by portal_id, list_id, contact_id order by step desc
            ) as newest_first
        from with_reset
        where reset_step is null or step >= reset_step
    ),

    folded as (
        select
            portal_id,
            list_id,
            contact_id,
            max(case when newest_first = 1 then kind end) as last_kind,
            max(
                case
                    when kind = 'put_in'
                    then 1
                    -- Doubt of ours beats a coincidence: an add without an answer
                    -- counts as ours.
                    when
                        kind = 'maybe_in'
                        and (previous_kind is null or previous_kind <> 'seen_in')
                    then 1
                    else 0
                end
            ) as added_by_us
        from since_reset
        group by portal_id, list_id, contact_id
    ),

    reasons as (
        select
            portal_id,
            list_id,
            contact_id,
            customer_id,
            wire_email,
            row_number() over (
                partition by portal_id, list_id, contact_id order by step desc
            ) as newest_first
        from events
        where customer_id is not null and kind in ('put_in', 'seen_in', 'maybe_in')
    ),

    members as (
        select
            folded.portal_id,
            folded.list_id,
            folded.contact_id,
            case
                when folded.last_kind in ('put_in', 'seen_in') then 'yes' else 'maybe'
            end as is_member,
            folded.added_by_us,
            reasons.customer_id,
            reasons.wire_email
        from folded
        left join
            reasons
            on reasons.portal_id = folded.portal_id
            and reasons.list_id = folded.list_id
            and reasons.contact_id = folded.contact_id
            and reasons.newest_first = 1
        where folded.last_kind <> 'out'
    )

select *
from members
