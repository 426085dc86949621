{#
    What must change so that every list agrees: one row per change. The members and the
    audience rows are arguments, so that the view reads the views and a run reads the
    scratch tables it wrote of them: nested, they run out of memory at ten million rows.
#}
{% macro hubspot_changes_sql(members, audience_rows) %}
    with

        all_members as (select * from {{ members }}),

        audience_rows as (select * from {{ audience_rows }}),

        declared_lists as (
            select * from {{ ref("hubspot_sync", "hubspot_audience_lists") }}
        ),

        settled_changes as (
            select * from {{ ref("hubspot_sync", "hubspot_settled_changes") }}
        ),

        run_events as (select * from {{ source("hubspot_sync_state", "run_events") }}),

        this_run as (
            select *
            from run_events
            where
                event = 'started'
                and run_no
                = (select max(run_no) from run_events where event = 'started')
        ),

        target_lists as (
            select
                lists.*,
                declared_lists.ownership,
                row_number() over (
                    partition by lists.portal_id, lists.list_name
                    order by lists.step desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "lists") }} as lists
            inner join this_run on this_run.portal_id = lists.portal_id
            inner join declared_lists on declared_lists.list_name = lists.list_name
        ),

        members as (
            select all_members.*, target_lists.list_name, target_lists.ownership
            from all_members
            inner join
                target_lists
                on target_lists.portal_id = all_members.portal_id
                and target_lists.list_id = all_members.list_id
                and target_lists.newest_first = 1
        ),

        -- Read here and not taken from the rows, so that what is removed for a hold and
        -- what is added can never be the same, whatever dbt builds meanwhile.
        held as (
            select distinct list_name, portal_id, contact_id
            from {{ ref("hubspot_sync", "hubspot_held_contacts") }}
        ),

        desired as (
            select
                audience_rows.*,
                row_number() over (
                    partition by list_name, last_contact_id
                    order by is_secondary, customer_id, email
                ) as first_of_contact
            from audience_rows
            where row_state = 'found'
        ),

        pointing as (
            select *
            from audience_rows
            where
                row_state in ('found', 'unresolved', 'unjudged')
                and last_contact_id is not null
        ),

        -- Absence of evidence removes nobody: the last known contact of a row keeps
        -- its place.
        kept as (
            select distinct list_name, last_contact_id as contact_id from pointing
        ),

        waiting as (
            select distinct list_name, customer_id
            from audience_rows
            where row_state in ('unresolved', 'unjudged')
        ),

        waiting_lists as (select distinct list_name from waiting),

        -- A contact shows one customer's properties, or those of two people would
        -- take turns.
        faces as (
            select
                last_contact_id as contact_id,
                customer_id,
                row_number() over (
                    partition by last_contact_id order by is_secondary, customer_id
                ) as first_of_contact
            from pointing
        ),

        payloads as (
            select
                pointing.*,
                row_number() over (
                    partition by pointing.list_name, pointing.last_contact_id
                    order by pointing.is_secondary, pointing.email
                ) as first_of_contact
            from pointing
            inner join
                faces
                on faces.contact_id = pointing.last_contact_id
                and faces.customer_id = pointing.customer_id
                and faces.first_of_contact = 1
        ),

        updates as (
            select
                settled_changes.*,
                row_number() over (
                    partition by portal_id, list_name, contact_id order by step desc
                ) as newest_first,
                row_number() over (
                    partition by portal_id, list_name, contact_id
                    order by case when outcome = 'rejected' then 1 else 0 end, step desc
                ) as newest_kept_first
            from settled_changes
            where action = 'update' and outcome <> 'not_sent'
        ),

        refused_adds as (
            select portal_id, list_id, contact_id, max(step) as step
            from settled_changes
            where action = 'add' and outcome = 'rejected'
            group by portal_id, list_id, contact_id
        ),

        removals as (
            select
                members.portal_id,
                members.list_id,
                members.list_name,
                'remove' as action,
                members.contact_id,
                members.wire_email,
                members.customer_id,
                cast(null as {{ dbt.type_string() }}) as payload_hash,
                cast(null as {{ dbt.type_string() }}) as payload
            from members
            left join
                kept
                on kept.list_name = members.list_name
                and kept.contact_id = members.contact_id
            left join
                waiting
                on waiting.list_name = members.list_name
                and waiting.customer_id = members.customer_id
            left join waiting_lists on waiting_lists.list_name = members.list_name
            left join
                held
                on held.list_name = members.list_name
                and held.portal_id = members.portal_id
                and held.contact_id = members.contact_id
            where
                (
                    held.contact_id is not null
                    or (kept.contact_id is null and waiting.customer_id is null)
                )
                and (
                    members.added_by_us = 1
                    or (
                        members.ownership = 'mirror'
                        and (
                            members.customer_id is not null
                            or waiting_lists.list_name is null
                            or held.contact_id is not null
                        )
                    )
                )
        ),

        property_updates as (
            select
                wanted.portal_id,
                wanted.list_id,
                wanted.list_name,
                'update' as action,
                wanted.last_contact_id as contact_id,
                wanted.wire_email,
                wanted.customer_id,
                wanted.payload_hash,
                wanted.properties as payload
            from payloads as wanted
            left join
                updates as kept_update
                on kept_update.portal_id = wanted.portal_id
                and kept_update.list_name = wanted.list_name
                and kept_update.contact_id = wanted.last_contact_id
                and kept_update.newest_kept_first = 1
                and kept_update.outcome in ('applied', 'already_so')
                and kept_update.payload_hash = wanted.payload_hash
            left join
                updates as refused
                on refused.portal_id = wanted.portal_id
                and refused.list_name = wanted.list_name
                and refused.contact_id = wanted.last_contact_id
                and refused.newest_first = 1
                and refused.outcome = 'rejected'
                and refused.payload_hash = wanted.payload_hash
                and refused.step >= wanted.retry_rejected_from_step
            where
                wanted.first_of_contact = 1
                and wanted.row_state = 'found'
                and wanted.payload_hash is not null
                and kept_update.contact_id is null
                and refused.contact_id is null
        ),

        additions as (
            select
                desired.portal_id,
                desired.list_id,
                desired.list_name,
                'add' as action,
                desired.last_contact_id as contact_id,
                desired.wire_email,
                desired.customer_id,
                cast(null as {{ dbt.type_string() }}) as payload_hash,
                cast(null as {{ dbt.type_string() }}) as payload
            from desired
            left join
                members
                on members.list_name = desired.list_name
                and members.contact_id = desired.last_contact_id
                and members.is_member = 'yes'
            left join
                refused_adds
                on refused_adds.portal_id = desired.portal_id
                and refused_adds.list_id = desired.list_id
                and refused_adds.contact_id = desired.last_contact_id
                and refused_adds.step >= desired.retry_rejected_from_step
            left join
                held
                on held.list_name = desired.list_name
                and held.portal_id = desired.portal_id
                and held.contact_id = desired.last_contact_id
            where
                desired.first_of_contact = 1
                and members.contact_id is null
                and refused_adds.contact_id is null
                and held.contact_id is null
        ),

        changes as (
            select *
            from removals
            union all
            select *
            from property_updates
            union all
            select *
            from additions
        )

    select *
    from changes
{% endmacro %}
