{#
    Property updates that were rejected, by the check before sending or by HubSpot. The
    audience rows are an argument for the same reason as in hubspot_changes_sql: a run has
    them in a scratch table.
#}
{% macro hubspot_rejected_updates_sql(audience_rows) %}
    with

        updates as (
            select
                settled_changes.*,
                row_number() over (
                    partition by portal_id, list_name, contact_id order by step desc
                ) as newest_first
            from {{ ref("hubspot_sync", "hubspot_settled_changes") }} as settled_changes
            where action = 'update' and outcome <> 'not_sent'
        ),

        receipts as (
            select
                run_no,
                change_no,
                code,
                message,
                received_at,
                row_number() over (
                    partition by run_no, change_no order by step desc, received_at desc
                ) as newest_first
            from {{ source("hubspot_sync_state", "change_receipts") }}
            where outcome = 'rejected'
        ),

        -- What is wanted of a contact now, by whichever row that leads to it.
        wanted as (
            select distinct portal_id, list_name, last_contact_id, payload_hash
            from {{ audience_rows }}
            where row_state = 'found' and payload_hash is not null
        ),

        rejected as (
            select
                updates.portal_id,
                updates.list_name,
                updates.customer_id,
                updates.wire_email,
                updates.contact_id,
                intents.payload,
                updates.newest_first,
                updates.payload_hash,
                receipts.code,
                receipts.message,
                receipts.received_at as rejected_at,
                min(receipts.received_at) over (
                    partition by
                        updates.portal_id,
                        updates.list_name,
                        updates.contact_id,
                        updates.payload_hash
                ) as since,
                row_number() over (
                    partition by
                        updates.portal_id, updates.list_name, updates.contact_id
                    order by updates.step desc
                ) as newest_rejected_first
            from updates
            inner join
                receipts
                on receipts.run_no = updates.run_no
                and receipts.change_no = updates.change_no
                and receipts.newest_first = 1
            inner join
                {{ source("hubspot_sync_state", "change_intents") }} as intents
                on intents.run_no = updates.run_no
                and intents.change_no = updates.change_no
            where updates.outcome = 'rejected'
        )

    select
        rejected.portal_id,
        rejected.list_name,
        rejected.customer_id,
        rejected.wire_email,
        rejected.contact_id,
        nullif(
            {{
                dbt.split_part(
                    dbt.split_part("rejected.message", "' -> property '", 1),
                    "'column '",
                    2,
                )
            }},
            ''
        ) as column_name,
        nullif(
            {{
                dbt.split_part(
                    dbt.split_part("rejected.message", "' -> property '", 2), "':'", 1
                )
            }},
            ''
        ) as property_name,
        rejected.code,
        rejected.message,
        rejected.payload as properties,
        rejected.rejected_at,
        rejected.since,
        case
            when rejected.newest_first = 1 and wanted.last_contact_id is not null
            then 1
            else 0
        end as is_current
    from rejected
    left join
        wanted
        on wanted.portal_id = rejected.portal_id
        and wanted.list_name = rejected.list_name
        and wanted.last_contact_id = rejected.contact_id
        and wanted.payload_hash = rejected.payload_hash
    where rejected.newest_rejected_first = 1
{% endmacro %}
