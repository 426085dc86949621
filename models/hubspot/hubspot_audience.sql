with
    candidates as (select * from {{ ref("hubspot_audience_candidates") }}),

    addressable as (

        select
            list_name,
            campaign,
            sub_audience,
            treatment,
            customer_id,
            email_key as email,
            properties
        from candidates
        where coarse_problem is null and key_rank = 1

    )

select *
from addressable
