{# Var hubspot_segments, checked: the models that are segments, in the order in which they are shown. #}
{% macro hubspot_segments() %}
    {%- set demo_segments = (
        [
            "segment_lapsed_customers",
            "segment_best_customers",
            "segment_new_customers",
        ]
        if var("hubspot_demo", true)
        else []
    ) -%}
    {%- set names = var("hubspot_segments", demo_segments) -%}
    {%- if names is string or names is mapping or names is not iterable -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_segments is not a list. Write it as [segment_lapsed_customers, …]."
            )
        }}
    {%- endif -%}
    {%- for name in names -%}
        {%- set problem = hubspot_sync.hubspot_segment_problem(
            name, names[: loop.index0]
        ) -%}
        {%- if problem -%}
            {{
                exceptions.raise_compiler_error(
                    "Var hubspot_segments, entry "
                    ~ loop.index
                    ~ " ("
                    ~ name
                    ~ "): "
                    ~ problem
                )
            }}
        {%- endif -%}
    {%- endfor -%}
    {%- if names and not hubspot_sync.has_customers() -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_segments names segments, but there is no model customer_360 to choose from. "
                ~ "Describe your sources in var hubspot_customer_sources, or leave hubspot_segments out."
            )
        }}
    {%- endif -%}
    {{ return(names) }}
{% endmacro %}

{# What is wrong with one entry and what to do, or none. #}
{% macro hubspot_segment_problem(name, names_before) %}
    {%- if name is not string or not modules.re.fullmatch(
        "[A-Za-z_][A-Za-z0-9_]*", name
    ) -%}
        {{ return("it is no name of a model. Write it as segment_lapsed_customers.") }}
    {%- endif -%}
    {%- if name in names_before -%}
        {{ return("the model is named twice. Remove one of the two.") }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{# The model of a segment. With its project: dbt warns when a package finds a model of its host by name alone. #}
{% macro hubspot_segment_relation(name) %}
    {%- set home = (
        project_name
        if var("hubspot_segments", none) is not none
        else "hubspot_sync"
    ) -%}
    {{ return(ref(home, name)) }}
{% endmacro %}
