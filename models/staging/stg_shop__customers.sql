with
    source as (select * from {{ ref("shop_customers") }}),

    renamed as (

        select
            -- ids
            customer_no as customer_number,

            -- attributes
            first_name as given_name,
            last_name as surname,
            email,
            phone,
            cast(date_of_birth as date) as birthdate,
            postcode as postal_code,
            country,

            -- timestamps
            cast(registered_at as {{ dbt.type_timestamp() }}) as created_at,
            cast(changed_at as {{ dbt.type_timestamp() }}) as updated_at
        from source

    )

select *
from renamed
