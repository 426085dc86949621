{%- set parts = hubspot_sync.hubspot_key_parts() -%}
{#- Of the first two one value may be several people's, as in a family. A number that a system gave is one person's, and
    wrong where the names differ: those of an account as a whole, since a second name may be written in it, but a couple
    shares a card. -#}
{%- set shared = ["email", "phone"] -%}
{%- set nothing = "cast(null as " ~ dbt.type_string() ~ ")" -%}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    placeholder_keys as (select * from {{ ref("int_placeholder_keys") }}),

    keys as (

        {% for key in hubspot_sync.hubspot_match_keys() -%}
            {%- set values = [] -%}
            {%- for part in key.parts -%}
                {%- do values.append(parts[part].value) -%}
                {%- if not loop.last -%}{%- do values.append("' '") -%}{%- endif -%}
            {%- endfor -%}
            {%- set has_birthdate = "birthdate" in key.parts -%}
            {%- set has_name = "name" in key.parts or "given_name" in key.parts -%}
            {%- set may_be_shared = (
                key.parts | select("in", shared) | list
                and not has_birthdate
            ) -%}
            select
                customer_records.record_id,
                '{{ key.type }}' as key_type,
                {{ dbt.concat(values) }} as key_value,
                {{
                    (
                        parts[key.parts[0]].value
                        if may_be_shared and key.parts | length > 1
                        else nothing
                    )
                }} as lead_value,
                {{
                    (
                        nothing
                        if has_birthdate or key.has_number
                        else parts["birthdate"].value
                    )
                }} as birthdate,
                {{ nothing if has_name else "given_name_key" }} as given_name,
                {{ nothing if has_name else "known_given_name" }} as known_name,
                {{ nothing if has_name else "name_start" }} as name_start,
                {{ "surname_key" if "customer_key" in key.parts else nothing }}
                as surname,
                {{
                    (
                        "postal_key"
                        if may_be_shared
                        and "given_name" in key.parts
                        and "surname" not in key.parts
                        else nothing
                    )
                }} as postal,
                coalesce(
                    {%- for part in key.parts %}
                        placeholder_{{ part }}.key_type,
                    {%- endfor %}
                    null
                ) as placeholder_type
            from customer_records
            {%- for part in key.parts %}
                left join
                    placeholder_keys as placeholder_{{ part }}
                    on placeholder_{{ part }}.key_type = '{{ part }}'
                    and placeholder_{{ part }}.key_value
                    = {{ parts[part].plain or parts[part].value }}
            {%- endfor %}
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- endfor %}

    ),

    filled as (

        select keys.*, {{ dbt.concat(["key_type", "':'", "key_value"]) }} as match_key
        from keys
        where key_value is not null

    ),

    -- Grouped and joined, which costs half of what windows over all keys do.
    common as (

        select match_key, count(*) as record_count
        from filled
        group by match_key
        having count(*) > 1

    ),

    carried as (

        select
            filled.match_key,
            max(common.record_count) as record_count,
            min(birthdate) as first_birthdate,
            max(birthdate) as last_birthdate,
            min(given_name) as first_name,
            max(given_name) as last_name,
            min(known_name) as first_known_name,
            max(known_name) as last_known_name,
            min(name_start) as first_start,
            max(name_start) as last_start,
            min(surname) as first_surname,
            max(surname) as last_surname,
            min(postal) as first_postal,
            max(postal) as last_postal
        from common
        inner join filled on common.match_key = filled.match_key
        group by filled.match_key

    ),

    -- Counted here and not above, since few keys have two names.
    third_names as (

        select carried.match_key, count(*) as name_count
        from carried
        inner join filled on carried.match_key = filled.match_key
        where
            carried.first_name <> carried.last_name
            and filled.given_name <> carried.first_name
            and filled.given_name <> carried.last_name
        group by carried.match_key

    ),

    compared as (

        select
            carried.match_key,
            carried.record_count,
            case
                when first_birthdate <> last_birthdate or first_postal <> last_postal
                then 1
                when
                    (
                        first_known_name <> last_known_name
                        or {{
                            hubspot_sync.names_differ(
                                "first_name",
                                "last_name",
                                "first_start",
                                "last_start",
                                "third_names.name_count is not null",
                            )
                        }}
                    )
                    and coalesce(first_surname <> last_surname, true)
                then 1
                else 0
            end as is_of_several
        from carried
        left join third_names on carried.match_key = third_names.match_key

    ),

    shared as (

        select key_type, lead_value, count(*) as sharing_count
        from filled
        where lead_value is not null
        group by key_type, lead_value
        having count(*) > 1

    ),

    measured as (

        select
            filled.record_id,
            filled.key_type,
            filled.key_value,
            filled.match_key,
            coalesce(filled.lead_value, filled.key_value) as lead_value,
            filled.placeholder_type,
            coalesce(compared.record_count, 1) as record_count,
            coalesce(shared.sharing_count, compared.record_count, 1) as sharing_count,
            compared.is_of_several
        from filled
        left join compared on filled.match_key = compared.match_key
        left join
            shared
            on filled.key_type = shared.key_type
            and filled.lead_value = shared.lead_value

    ),

    judged as (

        select
            record_id,
            key_type,
            key_value,
            match_key,
            lead_value,
            record_count,
            sharing_count,
            case
                when placeholder_type is not null
                then 'placeholder'
                when sharing_count > {{ var("hubspot_max_records_per_key", 10) }}
                then 'too_many_records'
                when is_of_several = 1
                then 'several_people'
            end as no_link_reason
        from measured
        where
            record_count > 1
            or sharing_count > {{ var("hubspot_max_records_per_key", 10) }}

    )

select *
from judged
