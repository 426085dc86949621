{%- set own = var("hubspot_given_name_forms", none) -%}
with
    package_forms as (select form, given_name from {{ ref("given_name_forms") }}),

    own_forms as (

        {% if own is not none -%}
            {{
                hubspot_sync.hubspot_texts_of(
                    "hubspot_given_name_forms", own, ["form", "given_name"]
                )
            }}
        {%- else -%}select form, given_name from package_forms limit 0
        {%- endif %}

    ),

    own_keys as (

        select distinct
            {{ hubspot_sync.name_key("form") }} as form,
            {{ hubspot_sync.name_key("given_name") }} as given_name
        from own_forms

    ),

    -- What the team says of a form counts instead of what the package says.
    known as (

        select form, given_name
        from own_keys
        where form is not null and given_name is not null

        union all

        select package_forms.form, package_forms.given_name
        from package_forms
        left join own_keys on package_forms.form = own_keys.form
        where own_keys.form is null

    )

select *
from known
