{#
    Why each rejected row was rejected, and which rows were rejected before and are no
    longer. The status of the audience rows is an argument for the same reason as in
    hubspot_changes_sql: a run has it over scratch tables.
#}
{% macro hubspot_rejected_emails_sql(audience_status) %}
    with

        audience_status as (
            select
                status_now.*,
                case
                    when status in ('rejected_by_us', 'rejected_by_hubspot')
                    then 1
                    else 0
                end as is_current
            from {{ audience_status }} as status_now
        ),

        settled_changes as (
            select * from {{ ref("hubspot_sync", "hubspot_settled_changes") }}
        ),

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

        verdicts as (
            select
                known.*,
                min(known.judged_at) over (partition by known.email) as since,
                row_number() over (
                    partition by known.email
                    order by
                        case when known.ruleset = this_run.ruleset then 0 else 1 end,
                        known.step desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "email_verdicts") }} as known
            cross join this_run
            where known.verdict = 'rejected'
        ),

        refused_lookups as (
            select
                known.*,
                min(known.looked_up_at) over (partition by known.wire_email) as since,
                row_number() over (
                    partition by known.wire_email order by known.step desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "contact_lookups") }} as known
            inner join this_run on this_run.portal_id = known.portal_id
            where known.outcome = 'refused'
        ),

        refused_adds as (
            select
                settled_changes.list_id,
                settled_changes.contact_id,
                receipts.code,
                receipts.message,
                receipts.received_at,
                min(receipts.received_at) over (
                    partition by settled_changes.list_id, settled_changes.contact_id
                ) as since,
                row_number() over (
                    partition by settled_changes.list_id, settled_changes.contact_id
                    order by settled_changes.step desc, receipts.step desc
                ) as newest_first
            from settled_changes
            inner join this_run on this_run.portal_id = settled_changes.portal_id
            inner join
                {{ source("hubspot_sync_state", "change_receipts") }} as receipts
                on receipts.run_no = settled_changes.run_no
                and receipts.change_no = settled_changes.change_no
                and receipts.outcome = 'rejected'
            where
                settled_changes.action = 'add' and settled_changes.outcome = 'rejected'
        ),

        staged as (
            select
                audience_status.list_name,
                audience_status.customer_id,
                audience_status.email,
                audience_status.source,
                audience_status.is_current,
                audience_status.code as code_now,
                case
                    when audience_status.status = 'rejected_by_hubspot'
                    then 'hubspot'
                    when audience_status.coarse_problem is not null
                    then 'coarse'
                    when
                        audience_status.status = 'rejected_by_us'
                        or verdicts.email is not null
                    then 'strict'
                    when refused_adds.contact_id is not null
                    then 'hubspot'
                    when refused_lookups.wire_email is not null
                    then 'hubspot'
                end as stage,
                verdicts.code as verdict_code,
                verdicts.detail as verdict_detail,
                verdicts.suggestion,
                verdicts.judged_at,
                verdicts.since as judged_since,
                case
                    when refused_adds.contact_id is null
                    then 'lookup_refused'
                    else refused_adds.code
                end as hubspot_code,
                case
                    when refused_adds.contact_id is null
                    then 'HubSpot refused to look this address up.'
                    else refused_adds.message
                end as hubspot_detail,
                case
                    when refused_adds.contact_id is null
                    then refused_lookups.looked_up_at
                    else refused_adds.received_at
                end as refused_at,
                case
                    when refused_adds.contact_id is null
                    then refused_lookups.since
                    else refused_adds.since
                end as refused_since
            from audience_status
            left join
                verdicts
                on verdicts.email = audience_status.email_key
                and verdicts.newest_first = 1
            left join
                refused_lookups
                on refused_lookups.wire_email = audience_status.wire_email
                and refused_lookups.newest_first = 1
            left join
                refused_adds
                on refused_adds.list_id = audience_status.list_id
                and refused_adds.contact_id = audience_status.contact_id
                and refused_adds.newest_first = 1
        ),

        explained as (
            select
                list_name,
                customer_id,
                email,
                source,
                is_current,
                stage,
                case
                    when stage = 'hubspot'
                    then hubspot_code
                    else coalesce(code_now, verdict_code)
                end as code,
                case
                    when stage = 'hubspot' then hubspot_detail else verdict_detail
                end as detail,
                case when stage <> 'hubspot' then suggestion end as suggestion,
                case
                    when stage = 'hubspot'
                    then refused_at
                    when stage = 'strict'
                    then judged_at
                end as rejected_at,
                case
                    when stage = 'hubspot' then refused_since else judged_since
                end as since
            from staged
            where stage is not null
        )

    select
        explained.*,
        case
            {%- for code, sentence in hubspot_sync.hubspot_email_reasons().items() %}
                when stage <> 'hubspot' and code = '{{ code }}'
                then {{ hubspot_sync.text_literal(sentence) }}
            {%- endfor %}
            when stage = 'hubspot' and code = 'lookup_refused'
            then 'HubSpot refused to look this address up.'
            when stage = 'hubspot'
            then 'HubSpot refused to put this contact on the list.'
        end as sentence
    from explained
{% endmacro %}
