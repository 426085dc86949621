with
    audience as (select * from {{ ref("hubspot_audience") }}),

    repeated as (

        select list_name, email
        from audience
        group by list_name, email
        having count(*) > 1

    )

select *
from repeated
