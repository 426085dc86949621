with
    shop_customers as (select * from {{ ref("stg_shop__customers") }}),

    crm_contacts as (select * from {{ ref("stg_crm__contacts") }}),

    loyalty_members as (select * from {{ ref("stg_loyalty__members") }}),

    unioned as (

        select
            'shop' as source,
            customer_number as source_record_id,
            1 as source_priority,
            customer_number as shop_customer_number,
            cast(null as {{ dbt.type_string() }}) as loyalty_card_number,
            cast(null as {{ dbt.type_string() }}) as crm_contact_id,
            email,
            given_name,
            surname,
            phone,
            birthdate,
            postal_code,
            country,
            created_at,
            updated_at
        from shop_customers

        union all

        select
            'loyalty' as source,
            card_number as source_record_id,
            2 as source_priority,
            cast(null as {{ dbt.type_string() }}) as shop_customer_number,
            card_number as loyalty_card_number,
            cast(null as {{ dbt.type_string() }}) as crm_contact_id,
            email,
            given_name,
            surname,
            phone,
            birthdate,
            postal_code,
            cast(null as {{ dbt.type_string() }}) as country,
            created_at,
            updated_at
        from loyalty_members

        union all

        select
            'crm' as source,
            contact_id as source_record_id,
            3 as source_priority,
            shop_customer_number,
            loyalty_card_number,
            contact_id as crm_contact_id,
            email,
            given_name,
            surname,
            phone,
            cast(null as date) as birthdate,
            postal_code,
            upper(country) as country,
            created_at,
            updated_at
        from crm_contacts

    ),

    cleaned as (

        select unioned.*, {{ hubspot_sync.clean_email("email") }} as cleaned_email
        from unioned

    ),

    identified as (

        select
            {{ dbt.concat(["source", "':'", "source_record_id"]) }} as record_id,
            source,
            source_record_id,
            source_priority,
            shop_customer_number,
            loyalty_card_number,
            crm_contact_id,
            email,
            {{ hubspot_sync.ascii_lower("cleaned_email") }} as email_key,
            {{ hubspot_sync.coarse_email_problem("email", "cleaned_email") }}
            as coarse_problem,
            given_name,
            surname,
            phone,
            birthdate,
            postal_code,
            country,
            created_at,
            updated_at
        from cleaned

    )

select *
from identified
