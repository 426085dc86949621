{#
    Parts of which a match key may consist, and their value in int_customer_records. Two brands may give one number to
    two people, so a customer key counts within its brand; `plain` is the value without it, as a placeholder has it.
-#}
{% macro hubspot_key_parts() %}
    {%- set account -%}
        case when brand is null then customer_key else {{ dbt.concat(["brand", "'/'", "customer_key"]) }} end
    {%- endset -%}
    {{
        return(
            {
                "email": {"value": "nullif(email_key, '')"},
                "customer_key": {"value": account, "plain": "customer_key"},
                "loyalty_id": {"value": "loyalty_id"},
                "phone": {"value": "phone_key"},
                "given_name": {"value": "given_name_key"},
                "surname": {"value": "surname_key"},
                "name": {
                    "value": hubspot_sync.in_order("given_name_key", "surname_key")
                },
                "birthdate": {"value": hubspot_sync.birthdate_key("birthdate")},
                "postal": {"value": "postal_key"},
                "country": {"value": "country"},
            }
        )
    }}
{% endmacro %}

{# Var hubspot_match_keys, checked: a list of {type, parts, has_number}, the last of a number that a system gave. #}
{% macro hubspot_match_keys() %}
    {%- set given = var(
        "hubspot_match_keys",
        [
            "email",
            "customer_key",
            "loyalty_id",
            ["phone", "name"],
            ["phone", "surname"],
            ["phone", "given_name"],
            ["name", "birthdate", "postal"],
        ],
    ) -%}
    {%- if given is string or given is mapping or given is not iterable or not given -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_match_keys is not a list of keys. Write it as [email, [phone, surname]]."
            )
        }}
    {%- endif -%}
    {%- set known = hubspot_sync.hubspot_key_parts().keys() | list -%}
    {%- set keys = [] -%}
    {%- for key in given -%}
        {%- set number = loop.index -%}
        {%- set parts = key if key is iterable and key is not string else [key] -%}
        {%- for part in parts if part not in known -%}
            {{
                exceptions.raise_compiler_error(
                    "Var hubspot_match_keys, entry "
                    ~ number
                    ~ ": nothing is known of '"
                    ~ part
                    ~ "'. Use "
                    ~ known
                    | join(", ") ~ ", or a list of them."
                )
            }}
        {%- endfor -%}
        {%- set numbers = (
            parts | select("in", ["customer_key", "loyalty_id"]) | list
        ) -%}
        {%- do keys.append(
            {
                "type": parts | join("_"),
                "parts": parts,
                "has_number": numbers | length > 0,
            }
        ) -%}
    {%- endfor -%}
    {{ return(keys) }}
{% endmacro %}

{# Two texts as one, the same when they are swapped; null if one is. #}
{% macro in_order(first, second) %}
    case
        when {{ first }} <= {{ second }}
        then {{ dbt.concat([first, second]) }}
        else {{ dbt.concat([second, first]) }}
    end
{% endmacro %}

{# The first three letters of given name and surname, the same when these are swapped. #}
{% macro name_start(given_name_key, surname_key) %}
    {%- set given = "substr(" ~ given_name_key ~ ", 1, 3)" -%}
    {%- set surname = "substr(" ~ surname_key ~ ", 1, 3)" -%}
    coalesce({{ hubspot_sync.in_order(given, surname) }}, {{ given }}, {{ surname }})
{% endmacro %}

{# A birthdate as text in which day and month are in order of size, since many a form took one for the other. #}
{% macro birthdate_key(birthdate) %}
    {%- set day = "cast(" ~ birthdate ~ " as " ~ dbt.type_string() ~ ")" -%}
    {%- set parts = hubspot_sync.in_order(
        "substr(" ~ day ~ ", 6, 2)", "substr(" ~ day ~ ", 9, 2)"
    ) -%}
    {{ return(dbt.concat(["substr(" ~ day ~ ", 1, 4)", parts])) }}
{% endmacro %}

{#
    Whether some given names, of which the first and the last are given, are different people's: neither do they begin
    alike, nor is one of two a short form that the other holds or ends as, nor the surname in the wrong field.
#}
{% macro names_differ(first_name, last_name, first_start, last_start, has_third) %}
    substr({{ first_name }}, 1, 3) <> substr({{ last_name }}, 1, 3)
    and {{ first_start }} <> {{ last_start }}
    and (
        {{ has_third }}
        or {{ dbt.right(first_name, 5) }} <> {{ dbt.right(last_name, 5) }}
        and {{ dbt.position(first_name, last_name) }} = 0
        and {{ dbt.position(last_name, first_name) }} = 0
    )
{% endmacro %}
