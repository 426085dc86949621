-- Two declared names on one HubSpot list would each remove the other's members.
with
    audience_lists as (select * from {{ ref("hubspot_audience_lists") }}),

    recorded_lists as (

        select
            lists.*,
            row_number() over (
                partition by portal_id, list_name order by step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "lists") }} as lists

    ),

    shared as (

        select recorded_lists.portal_id, recorded_lists.list_id
        from recorded_lists
        inner join audience_lists on recorded_lists.list_name = audience_lists.list_name
        where recorded_lists.newest_first = 1 and recorded_lists.list_id is not null
        group by recorded_lists.portal_id, recorded_lists.list_id
        having count(*) > 1

    )

select *
from shared
