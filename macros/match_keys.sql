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
                "name": {"value": dbt.concat(["given_name_key", "surname_key"])},
                "birthdate": {
                    "value": "cast(birthdate as " ~ dbt.type_string() ~ ")"
                },
                "postal": {"value": "postal_key"},
                "country": {"value": "country"},
            }
        )
    }}
{% endmacro %}

{# Var hubspot_match_keys, checked: a list of {type, parts}. #}
{% macro hubspot_match_keys() %}
    {%- set given = var(
        "hubspot_match_keys",
        [
            "email",
            "customer_key",
            "loyalty_id",
            ["email", "name"],
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
        {%- do keys.append({"type": parts | join("_"), "parts": parts}) -%}
    {%- endfor -%}
    {{ return(keys) }}
{% endmacro %}

{# First letters of a name in the order of the alphabet, the same when given name and surname are swapped. #}
{% macro initials(given_name_key, surname_key) %}
    {%- set given = "substr(" ~ given_name_key ~ ", 1, 1)" -%}
    {%- set surname = "substr(" ~ surname_key ~ ", 1, 1)" -%}
    case
        when {{ surname }} is null or {{ given }} is null
        then coalesce({{ given }}, {{ surname }})
        when {{ given }} <= {{ surname }}
        then {{ dbt.concat([given, surname]) }}
        else {{ dbt.concat([surname, given]) }}
    end
{% endmacro %}

{#
    Whether the first and the last of some given names are different people's: another initial, and neither a short form
    that begins or ends as the long one does, nor the surname in the wrong field.
#}
{% macro names_differ(first_name, last_name, first_initials, last_initials) %}
    substr({{ first_name }}, 1, 1) <> substr({{ last_name }}, 1, 1)
    and {{ first_initials }} <> {{ last_initials }}
    and {{ dbt.right(first_name, 3) }} <> {{ dbt.right(last_name, 3) }}
    and {{ dbt.position(first_name, last_name) }} = 0
    and {{ dbt.position(last_name, first_name) }} = 0
{% endmacro %}
