{#
    Var hubspot_attributes, checked: which column of the audience's model becomes which
    HubSpot property, in what form and when it is written. Where campaigns make the
    audience, the columns are those of merged_customers or of the entry's own source.
#}
{% macro hubspot_attributes() %}
    {%- set entries = var("hubspot_attributes", []) -%}
    {%- if entries is string or entries is mapping or entries is not iterable -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_attributes is not a list. Write it as [{column: loyalty_tier}, …]."
            )
        }}
    {%- endif -%}
    {%- set by_campaigns = hubspot_sync.hubspot_campaigns_are_wanted() -%}
    {%- set has_own = hubspot_sync.hubspot_has_own_properties() -%}
    {%- set attributes = [] -%}
    {%- set problems = [] -%}
    {%- for entry in entries -%}
        {%- set where = "entry " ~ loop.index ~ " (" ~ entry ~ "), " -%}
        {%- set before = attributes | map(attribute="property") | list -%}
        {%- for problem in hubspot_sync.hubspot_attribute_problems(
            entry, before, has_own
        ) -%}
            {%- do problems.append(where ~ problem) -%}
        {%- else -%}
            {%- do attributes.append(
                {
                    "column": entry.get("column", "properties"),
                    "property": hubspot_sync.hubspot_attribute_property(
                        entry
                    ),
                    "type": entry.get(
                        "type",
                        (none if has_own and not by_campaigns else "text"),
                    ),
                    "mode": entry.get("mode", "set_if_empty"),
                    "source": entry.get("source", "merged_customers"),
                    "is_default": "column" in entry,
                }
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if problems -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_attributes: " ~ problems | join("\n")
            )
        }}
    {%- endif -%}
    {{ return(attributes) }}
{% endmacro %}

{# Whether the audience's model brings its own column of properties. #}
{% macro hubspot_has_own_properties() %}
    {{
        return(
            "properties" in var("hubspot_audience_columns", [])
            or hubspot_sync.hubspot_campaigns_are_wanted()
        )
    }}
{% endmacro %}

{# Whether the campaigns say who is wanted on the lists, since no other model does. #}
{% macro hubspot_campaigns_are_wanted() %}
    {{
        return(
            var("hubspot_audience_source", "campaign_audience") == "campaign_audience"
            and hubspot_sync.hubspot_campaign_models() | length > 0
        )
    }}
{% endmacro %}

{# The models that attributes of campaigns may come from: each has one row for each customer_id. #}
{% macro hubspot_attribute_sources() %}
    {%- set sources = ["merged_customers", "customer_360"] -%}
    {%- for attribute in hubspot_sync.hubspot_attributes() if attribute.source not in sources -%}
        {%- do sources.append(attribute.source) -%}
    {%- endfor -%}
    {{ return(sources) }}
{% endmacro %}

{# Properties that say which contact it is: an update that wrote one would turn it into another. #}
{% macro hubspot_identifying_properties() %}
    {{ return(["email", "hs_additional_emails", "hs_object_id"]) }}
{% endmacro %}

{% macro hubspot_attribute_property(entry) %}
    {{
        return(
            entry.get("property")
            or hubspot_sync.hubspot_property_name(entry.get("column", ""))
        )
    }}
{% endmacro %}

{# Everything that is wrong with one entry, each with its key and what to do. #}
{% macro hubspot_attribute_problems(entry, properties_before, has_own) %}
    {%- if entry is not mapping -%}
        {{ return(["it is not a mapping. Write it as {column: loyalty_tier}."]) }}
    {%- endif -%}
    {%- set choices = {
        "type": [
            "text",
            "number",
            "date",
            "datetime",
            "boolean",
            "multi_select",
        ],
        "mode": ["set", "set_if_empty", "clear_when_null"],
    } -%}
    {%- set keys = ["column", "property", "type", "mode"] -%}
    {%- if hubspot_sync.hubspot_campaign_models() -%}
        {%- do keys.append("source") -%}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- for key in entry if key not in keys -%}
        {%- do problems.append(
            "key '" ~ key ~ "': it is unknown. Use " ~ keys
            | join(", ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- for key, known in choices.items() if key in entry and entry[key] not in known -%}
        {%- do problems.append(
            "key '"
            ~ key
            ~ "': '"
            ~ entry[key]
            ~ "' is unknown. Use "
            ~ known
            | join(", ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- set column = entry.get("column") -%}
    {%- set is_column = hubspot_sync.is_a_column(column) -%}
    {%- if "column" not in entry and not (has_own and "property" in entry) -%}
        {%- do problems.append(
            "key 'column': it is missing. Name the column of the audience's model."
        ) -%}
        {%- elif "column" in entry and not is_column -%}
        {%- do problems.append(
            "key 'column': '"
            ~ column
            ~ "' is no plain column name. Give the column one of letters, digits and _ in your model."
        ) -%}
    {%- endif -%}
    {%- if "source" in entry and not hubspot_sync.is_a_column(entry.source) -%}
        {%- do problems.append(
            "key 'source': '"
            ~ entry.source
            ~ "' is no model. Name one with a row for each customer_id."
        ) -%}
    {%- endif -%}
    {%- set given = entry.get("property") -%}
    {%- if "property" in entry and (given is not string or not given) -%}
        {%- do problems.append(
            "key 'property': '"
            ~ given
            ~ "' is no text. Write the property's internal name in HubSpot."
        ) -%}
    {%- elif is_column or given -%}
        {%- set property = hubspot_sync.hubspot_attribute_property(entry) -%}
        {%- set legal = hubspot_sync.hubspot_property_name(property) -%}
        {%- if legal in hubspot_sync.hubspot_identifying_properties() -%}
            {%- do problems.append(
                "key 'property': "
                ~ legal
                ~ " identifies the contact and is never written. Leave the entry out or name another property."
            ) -%}
        {%- elif legal != property -%}
            {%- do problems.append(
                "key 'property': '"
                ~ property
                ~ "' is no property name of HubSpot. Write the internal name, perhaps "
                ~ legal
                ~ "."
            ) -%}
        {%- elif property in properties_before -%}
            {%- do problems.append(
                "key 'property': "
                ~ property
                ~ " has an earlier entry as well. Remove one of the two."
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{#
    The attributes of a row as columns attribute_1, attribute_2, …: texts in HubSpot's
    form, null where there is nothing.
#}
{% macro hubspot_attribute_columns(attributes, relation) %}
    {%- for attribute in attributes -%}
        nullif(
            {{
                hubspot_sync.hubspot_property_value(
                    relation ~ "." ~ attribute.column, attribute.type
                )
            }},
            ''
        ) as attribute_{{ loop.index }},
    {% endfor -%}
{% endmacro %}

{# Those columns as one JSON object. A null is left out, or empties the property where it should. #}
{% macro hubspot_attributes_json(attributes) %}
    {%- set members = [] -%}
    {%- for attribute in attributes -%}
        {%- do members.append(
            hubspot_sync.hubspot_json_member(
                attribute.property,
                "attribute_" ~ loop.index,
                attribute.mode == "clear_when_null",
            )
        ) -%}
    {%- endfor -%}
    {{ return(hubspot_sync.hubspot_json_object(members)) }}
{% endmacro %}

{#
    What a hash of a row's payload covers: the values, and which of them overwrite what
    HubSpot has. A value that is to overwrite from now on must be sent once more.
#}
{% macro hubspot_payload_text(properties) %}
    {%- set parts = [properties] -%}
    {%- for attribute in hubspot_sync.hubspot_attributes() | sort(
        attribute="property"
    ) if attribute.mode != "set_if_empty" -%}
        {%- set key = "'\"" ~ attribute.property ~ "\"'" -%}
        {%- do parts.append(
            "case when "
            ~ dbt.position(key, properties)
            ~ " > 0 then '"
            ~ attribute.property
            ~ "' else '' end"
        ) -%}
    {%- endfor -%}
    {{ return(parts | join(" || ")) }}
{% endmacro %}
