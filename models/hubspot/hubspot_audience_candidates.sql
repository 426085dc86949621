{%- set by_campaigns = hubspot_sync.hubspot_campaigns_are_wanted() -%}
{%- set source = var("hubspot_audience_source", "campaign_audience") -%}
{%- set optional = [
    "campaign",
    "sub_audience",
    "treatment",
    "properties",
    "source",
    "customer_created_at",
] -%}
{%- set given = var("hubspot_audience_columns", optional if by_campaigns else []) -%}
{%- set unknown = given | reject("in", optional) | join(", ") -%}
{%- if unknown -%}
    {%- set choice = optional | join(", ") -%}
    {{
        exceptions.raise_compiler_error(
            "Var hubspot_audience_columns names "
            ~ unknown
            ~ ". Use only "
            ~ choice
            ~ "."
        )
    }}
{%- endif -%}
{%- if source == "campaign_audience" and not by_campaigns -%}
    {{
        exceptions.raise_compiler_error(
            "Nothing says who is wanted on the lists. Name your campaigns in var hubspot_campaigns, "
            ~ "or a model with list_name, customer_id and email in var hubspot_audience_source."
        )
    }}
{%- endif -%}
{%- set has_own_properties = hubspot_sync.hubspot_has_own_properties() -%}
{%- set attributes = [] if has_own_properties else hubspot_sync.hubspot_attributes() -%}
{#- Named with its project: dbt warns when a package finds a model of its host by name alone. -#}
{%- set home = "hubspot_sync" if by_campaigns else project_name -%}
with
    audience_source as (select * from {{ ref(home, source) }}),

    typed as (

        select
            cast(list_name as {{ dbt.type_string() }}) as list_name,
            {%- for column in optional if column not in (
                "properties",
                "customer_created_at",
            ) %}
                cast(
                    {{ column if column in given else "null" }}
                    as {{ dbt.type_string() }}
                ) as {{ column }},
            {%- endfor %}
            {%- if has_own_properties %}
                cast(properties as {{ dbt.type_string() }}) as properties,
            {%- endif %}
            {{ hubspot_sync.hubspot_attribute_columns(attributes, "audience_source") }}
            cast(customer_id as {{ dbt.type_string() }}) as customer_id,
            cast(email as {{ dbt.type_string() }}) as email,
            cast(
                {{
                    (
                        "customer_created_at"
                        if "customer_created_at" in given
                        else "null"
                    )
                }} as {{ dbt.type_timestamp() }}
            ) as customer_created_at
        from audience_source

    ),

    cleaned as (

        select typed.*, {{ hubspot_sync.clean_email("email") }} as cleaned_email
        from typed

    ),

    judged as (

        select
            cleaned.*,
            {{ hubspot_sync.ascii_lower("cleaned_email") }} as email_key,
            {{ hubspot_sync.coarse_email_problem("email", "cleaned_email") }}
            as coarse_problem
        from cleaned

    ),

    ranked as (

        select
            list_name,
            campaign,
            sub_audience,
            treatment,
            customer_id,
            email,
            email_key,
            coarse_problem,
            {{
                (
                    "properties"
                    if has_own_properties
                    else hubspot_sync.hubspot_attributes_json(attributes)
                )
            }} as properties,
            source,
            row_number() over (
                partition by list_name, email_key
                order by
                    customer_created_at asc nulls last,
                    customer_id asc,
                    campaign asc nulls last,
                    sub_audience asc nulls last,
                    treatment asc nulls last
            ) as key_rank
        from judged

    )

select *
from ranked
