-- The step orders what happened to a list and contact only if no step holds two changes
-- of its membership, or two of its properties.
with
    change_intents as (

        select * from {{ source("hubspot_sync_state", "change_intents") }}

    ),

    repeated as (

        select
            step,
            portal_id,
            list_id,
            list_name,
            contact_id,
            case when action = 'update' then 1 else 0 end as is_update,
            count(*) as changes
        from change_intents
        group by
            step,
            portal_id,
            list_id,
            list_name,
            contact_id,
            case when action = 'update' then 1 else 0 end
        having count(*) > 1

    )

select *
from repeated
