with

    holds as (select * from {{ ref("hubspot_holds") }}),

    declared_lists as (select * from {{ ref("hubspot_audience_lists") }}),

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

    held_emails as (select distinct email from holds),

    verdicts as (
        select
            known.email,
            known.wire_email,
            row_number() over (
                partition by known.email
                order by
                    case when known.ruleset = this_run.ruleset then 0 else 1 end,
                    known.step desc
            ) as best_first
        from {{ source("hubspot_sync_state", "email_verdicts") }} as known
        inner join held_emails on held_emails.email = known.email
        cross join this_run
    ),

    -- What we would never send is held all the same: HubSpot may name it.
    addresses as (
        select
            held_emails.email,
            coalesce(verdicts.wire_email, held_emails.email) as wire_email
        from held_emails
        left join
            verdicts on verdicts.email = held_emails.email and verdicts.best_first = 1
    ),

    -- Two contacts that were said to have one address at once are both held.
    lookups as (
        select
            addresses.email,
            contact_lookups.portal_id,
            contact_lookups.contact_id,
            contact_lookups.step,
            rank() over (
                partition by addresses.email order by contact_lookups.step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "contact_lookups") }} as contact_lookups
        inner join this_run on this_run.portal_id = contact_lookups.portal_id
        inner join addresses on addresses.wire_email = contact_lookups.wire_email
    ),

    reached as (
        select email, portal_id, contact_id, step
        from lookups
        where newest_first = 1 and contact_id is not null
    ),

    -- Each lookup of a contact names all of its addresses, those not asked for one
    -- step before the others: one that it no longer names has left the contact.
    newest_of_contact as (
        select
            contact_lookups.portal_id,
            contact_lookups.contact_id,
            max(contact_lookups.step) as step
        from {{ source("hubspot_sync_state", "contact_lookups") }} as contact_lookups
        inner join
            (select distinct portal_id, contact_id from reached) as contacts
            on contacts.portal_id = contact_lookups.portal_id
            and contacts.contact_id = contact_lookups.contact_id
        group by contact_lookups.portal_id, contact_lookups.contact_id
    ),

    held_contacts as (
        select distinct
            declared_lists.list_name, reached.portal_id, reached.contact_id, holds.email
        from reached
        inner join
            newest_of_contact
            on newest_of_contact.portal_id = reached.portal_id
            and newest_of_contact.contact_id = reached.contact_id
            and newest_of_contact.step <= reached.step + 1
        inner join holds on holds.email = reached.email
        inner join
            declared_lists
            on holds.list_name is null
            or declared_lists.list_name = holds.list_name
    )

select *
from held_contacts
