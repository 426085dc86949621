with

    audience as (select * from {{ ref("hubspot_audience") }}),

    declared_lists as (select * from {{ ref("hubspot_audience_lists") }}),

    settled_changes as (select * from {{ ref("hubspot_settled_changes") }}),

    run_events as (select * from {{ source("hubspot_sync_state", "run_events") }}),

    this_run as (
        select *
        from run_events
        where
            event = 'started'
            and run_no = (select max(run_no) from run_events where event = 'started')
    ),

    current_lists as (
        select
            lists.*,
            row_number() over (
                partition by portal_id, list_name order by step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "lists") }} as lists
    ),

    verdicts as (
        select
            known.*,
            row_number() over (
                partition by known.email
                order by
                    case when known.ruleset = this_run.ruleset then 0 else 1 end,
                    known.step desc
            ) as best_first
        from {{ source("hubspot_sync_state", "email_verdicts") }} as known
        cross join this_run
    ),

    lookups as (
        select
            contact_lookups.*,
            row_number() over (
                partition by portal_id, wire_email order by step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "contact_lookups") }} as contact_lookups
    ),

    consent as (select * from {{ ref("hubspot_contact_consent") }}),

    held_emails as (select distinct list_name, email from {{ ref("hubspot_holds") }}),

    held_contacts as (
        select distinct list_name, portal_id, contact_id
        from {{ ref("hubspot_held_contacts") }}
    ),

    gone as (
        select portal_id, contact_id, max(step) as gone_step
        from settled_changes
        where outcome = 'missing'
        group by portal_id, contact_id
    ),

    audience_rows as (
        select
            audience.list_name,
            audience.customer_id,
            audience.email,
            audience.properties,
            case
                when audience.properties is not null
                then
                    {{
                        dbt.hash(
                            hubspot_sync.hubspot_payload_text("audience.properties")
                        )
                    }}
            end as payload_hash,
            this_run.run_no,
            this_run.portal_id,
            this_run.retry_rejected_from_step,
            current_lists.list_id,
            verdicts.wire_email,
            case
                when gone.contact_id is null then lookups.contact_id
            end as last_contact_id,
            case
                when lookups.primary_email = verdicts.wire_email then 0 else 1
            end as is_secondary,
            lookups.step as lookup_step,
            case
                when held_here.email is not null or held_everywhere.email is not null
                then 'held_out'
                when verdicts.email is null or verdicts.ruleset <> this_run.ruleset
                then 'unjudged'
                when verdicts.verdict <> 'accepted'
                then 'rejected_by_us'
                when gone.contact_id is null and held_contacts.contact_id is not null
                then 'held_out'
                when
                    lookups.wire_email is null
                    or lookups.step < this_run.fresh_from_step
                    or gone.contact_id is not null
                then 'unresolved'
                when lookups.outcome = 'refused'
                then 'refused_by_hubspot'
                when lookups.outcome = 'absent'
                then 'not_in_hubspot'
                {%- for flag in hubspot_sync.hubspot_excluded_flags() %}
                    when consent.{{ flag }} = 1 then 'excluded_by_consent'
                {%- endfor %}
                else 'found'
            end as row_state,
            -- Spread over half of the time, so that what was looked up together does
            -- not fall due together. What is too old to go by is due whatever the hash:
            -- a run's start and its lookups lie apart, and clocks do too.
            case
                when held_here.email is not null or held_everywhere.email is not null
                then 0
                when
                    lookups.wire_email is null
                    or lookups.step < this_run.fresh_from_step
                    or gone.contact_id is not null
                then 1
                when
                    lookups.looked_up_at
                    < {{
                        hubspot_sync.hubspot_lookup_due_before(
                            "this_run.occurred_at",
                            "lookups.outcome",
                            "lookups.wire_email",
                        )
                    }}
                then 1
                else 0
            end as lookup_is_due
        from audience
        cross join this_run
        inner join declared_lists on declared_lists.list_name = audience.list_name
        left join
            current_lists
            on current_lists.portal_id = this_run.portal_id
            and current_lists.list_name = audience.list_name
            and current_lists.newest_first = 1
        left join
            verdicts on verdicts.email = audience.email and verdicts.best_first = 1
        left join
            lookups
            on lookups.portal_id = this_run.portal_id
            and lookups.wire_email = verdicts.wire_email
            and lookups.newest_first = 1
        left join
            consent
            on consent.portal_id = this_run.portal_id
            and consent.contact_id = lookups.contact_id
        left join
            held_emails as held_here
            on held_here.email = audience.email
            and held_here.list_name = audience.list_name
        left join
            held_emails as held_everywhere
            on held_everywhere.email = audience.email
            and held_everywhere.list_name is null
        left join
            held_contacts
            on held_contacts.portal_id = this_run.portal_id
            and held_contacts.contact_id = lookups.contact_id
            and held_contacts.list_name = audience.list_name
        left join
            gone
            on gone.portal_id = this_run.portal_id
            and gone.contact_id = lookups.contact_id
            and gone.gone_step > lookups.step
    )

select *
from audience_rows
