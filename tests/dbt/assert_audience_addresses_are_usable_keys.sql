with
    audience as (select * from {{ ref("hubspot_audience") }}),

    unusable as (

        select list_name, email
        from audience
        where
            {{ hubspot_sync.coarse_email_problem("email", cleaned="email") }}
            is not null
            or email <> {{ hubspot_sync.ascii_lower("email") }}

    )

select *
from unusable
