-- Each row that is counted as rejected is listed once, with a reason.
with
    audience_status as (

        select list_name, email, customer_id, count(*) as row_count
        from {{ ref("hubspot_audience_status") }}
        where status in ('rejected_by_us', 'rejected_by_hubspot')
        group by list_name, email, customer_id

    ),

    rejected_emails as (

        select list_name, email, customer_id, count(code) as row_count
        from {{ ref("hubspot_rejected_emails") }}
        where is_current = 1
        group by list_name, email, customer_id

    ),

    unexplained as (

        select audience_status.list_name, audience_status.customer_id
        from audience_status
        left join
            rejected_emails
            on audience_status.list_name = rejected_emails.list_name
            and coalesce(audience_status.customer_id, '')
            = coalesce(rejected_emails.customer_id, '')
            and coalesce(audience_status.email, '')
            = coalesce(rejected_emails.email, '')
        where
            rejected_emails.row_count is null
            or rejected_emails.row_count <> audience_status.row_count

    )

select *
from unexplained
