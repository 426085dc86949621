{# Attribute names and values in the form HubSpot takes. -#}
{% macro hubspot_property_name(name) %}
    {{ return(modules.re.sub("[^a-z0-9_]", "_", name | lower)) }}
{% endmacro %}

{% macro hubspot_property_names(columns) %}
    {%- set forbidden = hubspot_sync.hubspot_identifying_properties() -%}
    {%- set columns_by_property = {} -%}
    {%- for column in columns -%}
        {%- set property = hubspot_sync.hubspot_property_name(column) -%}
        {%- if property in forbidden -%}
            {{
                exceptions.raise_compiler_error(
                    "Attribute '"
                    ~ column
                    ~ "' would be written to HubSpot's property "
                    ~ property
                    ~ ", which identifies the contact. Leave it out or name it otherwise."
                )
            }}
        {%- endif -%}
        {%- if property in columns_by_property -%}
            {{
                exceptions.raise_compiler_error(
                    "Attributes '"
                    ~ columns_by_property[property]
                    ~ "' and '"
                    ~ column
                    ~ "' both become HubSpot's property "
                    ~ property
                    ~ ". Rename one of them."
                )
            }}
        {%- endif -%}
        {%- do columns_by_property.update({property: column}) -%}
    {%- endfor -%}
    {{ return(columns_by_property.keys() | list) }}
{% endmacro %}

{% macro hubspot_properties(attributes) %}
    {{ return(adapter.dispatch("hubspot_properties", "hubspot_sync")(attributes)) }}
{% endmacro %}

{% macro default__hubspot_properties(attributes) %}
    {%- set properties = hubspot_sync.hubspot_property_names(attributes.keys()) -%}
    {%- set members = [] -%}
    {%- for expression in attributes.values() -%}
        {%- set text = "cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")" -%}
        {%- do members.append(
            hubspot_sync.hubspot_json_member(properties[loop.index0], text)
        ) -%}
    {%- endfor -%}
    {{ return(hubspot_sync.hubspot_json_object(members)) }}
{% endmacro %}

{# A comma, a name and a text as JSON; nothing where the text is null, or an empty text if `keeps_null`. #}
{% macro hubspot_json_member(name, text, keeps_null=false) %}
    {%- set key = "',\"" ~ name ~ "\":' || " -%}
    {%- if keeps_null -%}
        {{ return(key ~ hubspot_sync.json_text("coalesce(" ~ text ~ ", '')")) }}
    {%- endif -%}
    {{
        return(
            "case when "
            ~ text
            ~ " is null then '' else "
            ~ key
            ~ hubspot_sync.json_text(text)
            ~ " end"
        )
    }}
{% endmacro %}

{# Every member begins with a comma, so the first character goes; without members the object is null. #}
{% macro hubspot_json_object(members) %}
    {%- if not members -%}
        {{ return("cast(null as " ~ dbt.type_string() ~ ")") }}
    {%- endif -%}
    {{
        return(
            "'{' || substr(nullif(" ~ members | join(" || ") ~ ", ''), 2) || '}'"
        )
    }}
{% endmacro %}
