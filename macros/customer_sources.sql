{# The systems that hold customers and orders, as vars describe them: read, checked and selected from. -#}
{% macro hubspot_source_semantics(kind) %}
    {{
        return(
            {
                "customers": {
                    "record_id": "text",
                    "customer_key": "text",
                    "loyalty_id": "text",
                    "email": "email",
                    "given_name": "text",
                    "surname": "text",
                    "full_name": "text",
                    "phone": "text",
                    "birthdate": "date",
                    "postal": "text",
                    "country": "text",
                    "created_at": "timestamp",
                    "updated_at": "timestamp",
                },
                "orders": {
                    "record_id": "text",
                    "ordered_at": "timestamp",
                    "amount": "numeric",
                },
            }[kind]
        )
    }}
{% endmacro %}

{# Whether the customer side is switched on. Property files say the same, where no macro is known. #}
{% macro has_customers() %}
    {{
        return(
            var("hubspot_demo", true)
            or var("hubspot_customer_sources", none) is not none
        )
    }}
{% endmacro %}

{% macro hubspot_customer_sources() %}
    {%- set demo = [
        {
            "name": "shop",
            "relation": "stg_shop__customers",
            "columns": {
                "customer_number": ["record_id", "customer_key"],
                "email": "email",
                "given_name": "given_name",
                "surname": "surname",
                "phone": "phone",
                "birthdate": "birthdate",
                "postal_code": "postal",
                "country": "country",
                "created_at": "created_at",
                "updated_at": "updated_at",
            },
        },
        {
            "name": "loyalty",
            "relation": "stg_loyalty__members",
            "columns": {
                "card_number": ["record_id", "loyalty_id"],
                "email": "email",
                "given_name": "given_name",
                "surname": "surname",
                "phone": "phone",
                "birthdate": "birthdate",
                "postal_code": "postal",
                "created_at": "created_at",
                "updated_at": "updated_at",
            },
        },
        {
            "name": "crm",
            "relation": "stg_crm__contacts",
            "columns": {
                "contact_id": "record_id",
                "shop_customer_number": "customer_key",
                "loyalty_card_number": "loyalty_id",
                "email": "email",
                "given_name": "given_name",
                "surname": "surname",
                "phone": "phone",
                "postal_code": "postal",
                "country": "country",
                "created_at": "created_at",
                "updated_at": "updated_at",
            },
        },
    ] -%}
    {%- set given = var("hubspot_customer_sources", none) -%}
    {%- set described = given if given is not none else demo -%}
    {{
        return(
            hubspot_sync.hubspot_checked_sources(
                "hubspot_customer_sources", described, "customers"
            )
        )
    }}
{% endmacro %}

{% macro hubspot_order_sources() %}
    {%- set demo = [
        {
            "name": "shop",
            "relation": "int_paid_orders",
            "columns": {
                "customer_number": "record_id",
                "ordered_at": "ordered_at",
                "amount_eur": "amount",
            },
        }
    ] -%}
    {%- set is_demo = var("hubspot_customer_sources", none) is none -%}
    {%- set described = var("hubspot_order_sources", demo if is_demo else []) -%}
    {%- set sources = hubspot_sync.hubspot_checked_sources(
        "hubspot_order_sources", described, "orders"
    ) -%}
    {%- set known = (
        hubspot_sync.hubspot_customer_sources()
        | map(attribute="name")
        | list
    ) -%}
    {%- for source in sources if source.name not in known -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_order_sources, source '"
                ~ source.name
                ~ "', key 'name': no customer source has that name. Use one of "
                ~ known
                | join(", ") ~ "."
            )
        }}
    {%- endfor -%}
    {{ return(sources) }}
{% endmacro %}

{% macro hubspot_checked_sources(variable, described, kind) %}
    {%- if (
        described is string
        or described is mapping
        or described is not iterable
    ) -%}
        {{
            exceptions.raise_compiler_error(
                "Var "
                ~ variable
                ~ " is not a list. Write it as [{name: shop, relation: a_model, columns: {id: record_id} }]."
            )
        }}
    {%- endif -%}
    {%- if kind == "customers" and not described -%}
        {{
            exceptions.raise_compiler_error(
                "Var "
                ~ variable
                ~ " names no source. Describe at least one, or leave the var out."
            )
        }}
    {%- endif -%}
    {%- set sources = [] -%}
    {%- for entry in described -%}
        {%- set problem = hubspot_sync.hubspot_source_problem(
            entry, sources | map(attribute="name") | list, kind
        ) -%}
        {%- if problem -%}
            {%- set name = entry.name if entry is mapping and entry.name else entry -%}
            {{
                exceptions.raise_compiler_error(
                    "Var "
                    ~ variable
                    ~ ", source '"
                    ~ name
                    ~ "' (entry "
                    ~ loop.index
                    ~ "), "
                    ~ problem
                )
            }}
        {%- endif -%}
        {%- set columns = {} -%}
        {%- for column, semantics in entry.columns.items() -%}
            {%- for semantic in ([semantics] if semantics is string else semantics) -%}
                {%- do columns.update({semantic: column}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do sources.append(
            {
                "name": entry.name,
                "relation": entry.relation,
                "priority": entry.get("priority", loop.index),
                "brand": entry.brand,
                "columns": columns,
                "variable": variable,
            }
        ) -%}
    {%- endfor -%}
    {{ return(sources) }}
{% endmacro %}

{# The key that is wrong and what to do, or none. #}
{% macro hubspot_source_problem(entry, names_before, kind) %}
    {%- set keys = ["name", "relation", "columns"] -%}
    {%- if kind == "customers" -%}
        {%- set keys = keys + ["priority", "brand"] -%}
    {%- endif -%}
    {%- if entry is not mapping -%}
        {{ return("which is not a mapping. Write it as {name: …, relation: …}.") }}
    {%- endif -%}
    {%- for key in entry if key not in keys -%}
        {{ return("key '" ~ key ~ "' is unknown. Use " ~ keys | join(", ") ~ ".") }}
    {%- endfor -%}
    {%- if (
        entry.name is not string
        or not modules.re.fullmatch("[a-z][a-z0-9_]*", entry.name)
    ) -%}
        {{
            return(
                "key 'name' is not a short name. Use lower-case letters, digits and _, as in shop."
            )
        }}
    {%- endif -%}
    {#- Two tables of orders may belong to one system. #}
    {%- if kind == "customers" and entry.name in names_before -%}
        {{ return("key 'name' is used twice. Give each source its own.") }}
    {%- endif -%}
    {%- if entry.relation is not string or not entry.relation | trim -%}
        {{
            return(
                "key 'relation' is missing. Name a model or seed, or a source as source_name.table_name."
            )
        }}
    {%- endif -%}
    {%- set priority = entry.get("priority", 1) -%}
    {%- if priority is not integer or priority is boolean or priority < 1 -%}
        {{
            return(
                "key 'priority' is '"
                ~ priority
                ~ "'. Give a whole number above 0; 1 is trusted the most."
            )
        }}
    {%- endif -%}
    {%- if entry.brand is defined and (entry.brand is not string or not entry.brand) -%}
        {{ return("key 'brand' is not a text. Write its name or leave the key out.") }}
    {%- endif -%}
    {%- if entry.columns is not mapping or not entry.columns -%}
        {{
            return(
                "key 'columns' is missing. Say what each column holds, as in {id: record_id}."
            )
        }}
    {%- endif -%}
    {{ return(hubspot_sync.hubspot_columns_problem(entry.columns, kind)) }}
{% endmacro %}

{% macro hubspot_columns_problem(columns, kind) %}
    {%- set known = hubspot_sync.hubspot_source_semantics(kind).keys() | list -%}
    {%- set columns_by_semantic = {} -%}
    {%- for column, semantics in columns.items() -%}
        {%- for semantic in (
            semantics
            if semantics is iterable and semantics is not string
            else [semantics]
        ) -%}
            {%- if semantic not in known -%}
                {{
                    return(
                        "column '"
                        ~ column
                        ~ "': nothing is known of '"
                        ~ semantic
                        ~ "'. Use one of "
                        ~ known
                        | join(", ") ~ "."
                    )
                }}
            {%- endif -%}
            {%- if semantic in columns_by_semantic -%}
                {{
                    return(
                        "columns '"
                        ~ columns_by_semantic[semantic]
                        ~ "' and '"
                        ~ column
                        ~ "' are both "
                        ~ semantic
                        ~ ". Keep one of them."
                    )
                }}
            {%- endif -%}
            {%- do columns_by_semantic.update({semantic: column}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set needed = (
        ["record_id"]
        if kind == "customers"
        else ["record_id", "ordered_at", "amount"]
    ) -%}
    {%- for semantic in needed if semantic not in columns_by_semantic -%}
        {{
            return(
                "key 'columns': no column is "
                ~ semantic
                ~ ". Say which one it is, as in {some_column: "
                ~ semantic
                ~ "}."
            )
        }}
    {%- endfor -%}
{% endmacro %}

{# A model or seed of the project that describes it, or a source written source_name.table_name. #}
{% macro hubspot_described_relation(variable, relation) %}
    {%- set parts = relation.split(".") -%}
    {%- if parts | length == 2 -%} {{ return(source(parts[0], parts[1])) }}
    {%- elif parts | length > 2 -%}
        {{
            exceptions.raise_compiler_error(
                "Var "
                ~ variable
                ~ ", relation '"
                ~ relation
                ~ "' has too many dots. Name a model or seed, or a source as source_name.table_name."
            )
        }}
    {%- endif -%}
    {#- With its project: dbt warns when a package finds a model of its host by name alone. #}
    {%- set home = (
        project_name if var(variable, none) is not none else "hubspot_sync"
    ) -%}
    {{ return(ref(home, relation)) }}
{% endmacro %}

{# A `select` of some columns, as text, of the relation that a var names. #}
{% macro hubspot_texts_of(variable, relation, columns) %}
    {%- if relation is not string or not relation | trim -%}
        {{
            exceptions.raise_compiler_error(
                "Var "
                ~ variable
                ~ " is '"
                ~ relation
                ~ "'. Name a model or seed, or a source as source_name.table_name."
            )
        }}
    {%- endif -%}
    {%- set described = hubspot_sync.hubspot_described_relation(variable, relation) -%}
    {%- if execute -%}
        {%- set found = adapter.get_columns_in_relation(described) -%}
        {%- for column in columns -%}
            {%- do hubspot_sync.hubspot_check_column(
                "Var " ~ variable ~ ", column '" ~ column ~ "'",
                column,
                relation,
                found,
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    select
        {%- for column in columns %}
            cast({{ column }} as {{ dbt.type_string() }}) as {{ column }}
            {{- "," if not loop.last }}
        {%- endfor %}
    from {{ described }}
{% endmacro %}

{# Every semantic of one source as a typed column of its name, null where the source has none. #}
{% macro hubspot_source_columns(source, kind) %}
    {%- set relation = hubspot_sync.hubspot_described_relation(
        source.variable, source.relation
    ) -%}
    {%- set found = adapter.get_columns_in_relation(relation) if execute else [] -%}
    {%- set text_columns = [] -%}
    {%- for column in found if column.is_string() -%}
        {%- do text_columns.append(column.name | lower) -%}
    {%- endfor -%}
    {%- set types = {
        "text": dbt.type_string(),
        "email": dbt.type_string(),
        "date": dbt.type_string(),
        "timestamp": dbt.type_timestamp(),
        "numeric": dbt.type_numeric(),
    } -%}
    {%- for semantic, type in hubspot_sync.hubspot_source_semantics(kind).items() %}
        {%- set column = source.columns.get(semantic) -%}
        {%- set value = (
            hubspot_sync.hubspot_column(column)
            if column is not none
            else "null"
        ) -%}
        {%- set expression = "cast(" ~ value ~ " as " ~ types[type] ~ ")" -%}
        {%- if column is not none -%}
            {%- set where = (
                "Var "
                ~ source.variable
                ~ ", source '"
                ~ source.name
                ~ "', column '"
                ~ column
                ~ "' ("
                ~ semantic
                ~ ")"
            ) -%}
            {%- do hubspot_sync.hubspot_check_column(
                where, column, source.relation, found
            ) -%}
            {%- if type == "text" -%}
                {%- set expression = hubspot_sync.trimmed_text(expression) -%}
                {%- elif (
                    type in ["timestamp", "numeric"]
                    and column | lower in text_columns
                ) -%}
                {%- set expression = hubspot_sync.hubspot_read_text(
                    value, type, types[type], where
                ) -%}
            {%- endif -%}
        {%- endif %}
        {{ expression }} as {{ semantic }}{{ "," if not loop.last }}
    {%- endfor %}
    from {{ relation }}
{% endmacro %}

{#
    A timestamp or number out of text. What is none stops the build with words of ours: they are cast in its place, and
    every warehouse quotes the text that it cannot cast, few the column.
#}
{% macro hubspot_read_text(value, kind, type, where) %}
    {%- set text = hubspot_sync.trimmed_text(value) -%}
    {%- set days = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" -%}
    {%- set time = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?" -%}
    {%- set pattern = {
        "timestamp": "^" ~ days ~ "([ T]" ~ time ~ "(Z|[+]00(:?00)?)?)?$",
        "numeric": "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$",
    }[kind] -%}
    {%- set wanted = {
        "timestamp": "is no time in UTC as 2026-11-20 23:30:00",
        "numeric": "is no number as 1234.56",
    }[kind] -%}
    {%- set complaint = dbt.concat(
        [
            hubspot_sync.text_literal(where ~ ": '"),
            text,
            hubspot_sync.text_literal(
                "' " ~ wanted ~ ". Cast it in a staging model."
            ),
        ]
    ) -%}
    case
        when {{ text }} is null or {{ hubspot_sync.matches_pattern(text, pattern) }}
        then cast({{ text }} as {{ type }})
        else cast({{ complaint }} as {{ type }})
    end
{%- endmacro %}

{# Quoted only where it must be, since a quoted name is read by its case. #}
{% macro hubspot_column(name) %}
    {{
        return(
            name
            if modules.re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)
            else adapter.quote(name)
        )
    }}
{% endmacro %}

{# A relation that is not built yet, or is made up by a unit test, shows no columns: then there is nothing to check. #}
{% macro hubspot_check_column(where, column, relation, found) %}
    {%- set names = found | map(attribute="name") | map("lower") | list -%}
    {%- if names and column | lower not in names -%}
        {{
            exceptions.raise_compiler_error(
                where ~ ": " ~ relation ~ " has no such column. It has " ~ names
                | join(", ") ~ "."
            )
        }}
    {%- endif -%}
{% endmacro %}
