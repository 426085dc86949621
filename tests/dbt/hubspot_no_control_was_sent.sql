{%- set enabled = hubspot_sync.hubspot_campaign_models() | length > 0 -%}
{{ config(enabled=enabled) }}
-- No contact was put on a list of a campaign in whose control group one of its people
-- was when the run began. Both are told as they were then: customers by the history of
-- their ids, contacts by the lookups before the change. The address of a record is the
-- one it has now.
with
    enrolments as (select * from {{ ref("campaign_enrolments") }}),

    customer_records as (select * from {{ ref("int_customer_records") }}),

    lookups as (select * from {{ source("hubspot_sync_state", "contact_lookups") }}),

    campaign_lists as (

        select distinct campaign, list_name from enrolments where list_name is not null

    ),

    adds as (

        select
            changes.run_no,
            changes.change_no,
            changes.portal_id,
            changes.list_name,
            changes.contact_id,
            changes.outcome,
            changes.step,
            run_events.occurred_at as run_at
        from {{ ref("hubspot_settled_changes") }} as changes
        inner join
            {{ source("hubspot_sync_state", "run_events") }} as run_events
            on changes.run_no = run_events.run_no
            and run_events.event = 'started'
        where
            changes.action = 'add'
            and changes.outcome in ('applied', 'already_so', 'failed', 'in_doubt')

    ),

    record_ids as (

        select
            record_id,
            customer_id,
            assigned_at,
            lead(assigned_at) over (
                partition by record_id order by build_no asc
            ) as left_at
        from {{ ref("customer_id_history") }}

    ),

    verdicts as (

        select
            email,
            wire_email,
            row_number() over (partition by email order by step desc) as newest_first
        from {{ source("hubspot_sync_state", "email_verdicts") }}
        where verdict = 'accepted'

    ),

    record_emails as (

        select
            customer_records.record_id,
            coalesce(verdicts.wire_email, customer_records.email_key) as wire_email
        from customer_records
        left join
            verdicts
            on customer_records.email_key = verdicts.email
            and verdicts.newest_first = 1
        where customer_records.email_key <> ''

    ),

    leads as (

        select
            portal_id,
            wire_email,
            contact_id,
            step,
            lead(step) over (
                partition by portal_id, wire_email order by step asc
            ) as next_step
        from lookups

    ),

    last_lookups as (

        select adds.run_no, adds.change_no, max(lookups.step) as step
        from adds
        inner join
            lookups
            on adds.portal_id = lookups.portal_id
            and adds.contact_id = lookups.contact_id
            and adds.step > lookups.step
        group by adds.run_no, adds.change_no

    ),

    -- Whose address the contact had, as far as was known when it was sent.
    reached as (

        select distinct
            adds.run_no,
            adds.change_no,
            adds.list_name,
            adds.contact_id,
            adds.outcome,
            adds.run_at,
            campaign_lists.campaign,
            record_ids.customer_id
        from adds
        inner join campaign_lists on adds.list_name = campaign_lists.list_name
        inner join
            last_lookups
            on adds.run_no = last_lookups.run_no
            and adds.change_no = last_lookups.change_no
        inner join
            leads
            on adds.portal_id = leads.portal_id
            and adds.contact_id = leads.contact_id
            and adds.step > leads.step
            and (leads.next_step is null or adds.step < leads.next_step)
            and last_lookups.step <= leads.step + 1
        inner join record_emails on leads.wire_email = record_emails.wire_email
        inner join
            record_ids
            on record_emails.record_id = record_ids.record_id
            and adds.run_at >= record_ids.assigned_at
            and (record_ids.left_at is null or adds.run_at < record_ids.left_at)

    ),

    -- The ids that the customer went by: its own, and those of customers merged into
    -- it.
    known_as as (

        select reached.*, reached.customer_id as enrolled_id
        from reached
        union
        select reached.*, earlier.customer_id as enrolled_id
        from reached
        inner join
            record_ids as own
            on reached.customer_id = own.customer_id
            and reached.run_at >= own.assigned_at
            and (own.left_at is null or reached.run_at < own.left_at)
        inner join
            record_ids as earlier
            on own.record_id = earlier.record_id
            and reached.run_at >= earlier.left_at
        left join
            record_ids as others
            on earlier.customer_id = others.customer_id
            and reached.run_at >= others.assigned_at
            and (others.left_at is null or reached.run_at < others.left_at)
        where others.record_id is null

    ),

    assigned as (

        select
            known_as.*,
            enrolments.is_control,
            enrolments.is_active,
            row_number() over (
                partition by
                    known_as.run_no,
                    known_as.change_no,
                    known_as.campaign,
                    known_as.enrolled_id
                order by enrolments.build_no desc
            ) as newest_first
        from known_as
        inner join
            enrolments
            on known_as.campaign = enrolments.campaign
            and known_as.enrolled_id = enrolments.customer_id
            and known_as.run_at >= enrolments.assigned_at

    )

select run_no, change_no, list_name, contact_id, outcome, campaign, enrolled_id
from assigned
where newest_first = 1 and is_control and is_active
