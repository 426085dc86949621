with
    source as (select * from {{ ref("crm_contacts") }}),

    renamed as (

        select
            -- ids
            contact_id,
            shop_customer as shop_customer_number,
            loyalty_card as loyalty_card_number,

            -- attributes
            forename as given_name,
            family_name as surname,
            email_address as email,
            mobile as phone,
            zip as postal_code,
            country_code as country,

            -- timestamps
            cast(created as {{ dbt.type_timestamp() }}) as created_at,
            cast(modified as {{ dbt.type_timestamp() }}) as updated_at
        from source

    )

select *
from renamed
