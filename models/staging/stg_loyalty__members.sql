with
    source as (select * from {{ ref("loyalty_members") }}),

    renamed as (

        select
            -- ids
            card_no as card_number,

            -- attributes
            given as given_name,
            surname,
            mail as email,
            telephone as phone,
            cast(birthday as date) as birthdate,
            postal as postal_code,

            -- timestamps
            cast(joined_on as {{ dbt.type_timestamp() }}) as created_at,
            cast(updated_on as {{ dbt.type_timestamp() }}) as updated_at
        from source

    )

select *
from renamed
