with
    source as (select * from {{ ref("suppressions") }}),

    renamed as (

        select
            -- ids
            kind as key_type,
            value as key_value,

            -- attributes
            reason,

            -- timestamps
            cast(added_on as {{ dbt.type_timestamp() }}) as suppressed_at
        from source

    )

select *
from renamed
