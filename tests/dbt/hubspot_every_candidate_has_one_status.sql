-- The counts of a list add up to the rows wanted on it only if no row is lost and none
-- is counted twice.
with
    candidates as (

        select list_name, email_key, customer_id, count(*) as row_count
        from {{ ref("hubspot_audience_candidates") }}
        group by list_name, email_key, customer_id

    ),

    statuses as (

        select list_name, email_key, customer_id, count(status) as row_count
        from {{ ref("hubspot_audience_status") }}
        group by list_name, email_key, customer_id

    ),

    wrongly_counted as (

        select candidates.list_name, candidates.customer_id, candidates.email_key
        from candidates
        left join
            statuses
            on candidates.list_name = statuses.list_name
            and coalesce(candidates.customer_id, '')
            = coalesce(statuses.customer_id, '')
            and coalesce(candidates.email_key, '') = coalesce(statuses.email_key, '')
        where statuses.row_count is null or statuses.row_count <> candidates.row_count

    )

select *
from wrongly_counted
