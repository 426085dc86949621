{%- set sources = hubspot_sync.hubspot_customer_sources() -%}
with
    given_name_forms as (select * from {{ ref("int_given_name_forms") }}),

    unioned as (

        {% for source in sources -%}
            select
                '{{ source.name }}' as source,
                {{ source.priority }} as source_priority,
                cast(
                    {{
                        (
                            hubspot_sync.text_literal(source.brand)
                            if source.brand
                            else "null"
                        )
                    }} as {{ dbt.type_string() }}
                ) as brand,
                {{ hubspot_sync.hubspot_source_columns(source, "customers") }}
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- endfor %}

    ),

    cleaned as (

        select
            unioned.*,
            {{ hubspot_sync.clean_email("email") }} as cleaned_email,
            coalesce(
                given_name, {{ hubspot_sync.given_name_of("full_name") }}
            ) as first_name,
            coalesce(surname, {{ hubspot_sync.surname_of("full_name") }}) as last_name,
            {{ hubspot_sync.plausible_birthdate("birthdate") }} as born_on
        from unioned

    ),

    keyed as (

        select
            cleaned.*,
            {{ hubspot_sync.ascii_lower("cleaned_email") }} as email_key,
            {{ hubspot_sync.name_key("first_name") }} as first_name_key,
            {{ hubspot_sync.name_key("last_name") }} as surname_key,
            {{ hubspot_sync.country_code("country") }} as country_iso
        from cleaned

    ),

    named as (

        select
            keyed.*,
            given_name_forms.given_name as known_given_name,
            coalesce(given_name_forms.given_name, first_name_key) as given_name_key
        from keyed
        left join given_name_forms on keyed.first_name_key = given_name_forms.form

    ),

    identified as (

        select
            {{ dbt.concat(["source", "':'", "record_id"]) }} as record_id,
            source,
            record_id as source_record_id,
            source_priority,
            brand,
            customer_key,
            loyalty_id,
            email,
            email_key,
            {{ hubspot_sync.coarse_email_problem("email", "cleaned_email") }}
            as coarse_problem,
            first_name as given_name,
            given_name_key,
            known_given_name,
            last_name as surname,
            surname_key,
            {{ hubspot_sync.name_start("given_name_key", "surname_key") }}
            as name_start,
            phone,
            {{ hubspot_sync.phone_key("phone", "country_iso") }} as phone_key,
            born_on as birthdate,
            postal as postal_code,
            {{ hubspot_sync.postal_key("postal") }} as postal_key,
            country_iso as country,
            created_at,
            updated_at
        from named

    )

select *
from identified
