using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary>Texts with variables: <c>{name}</c> is replaced, <c>{{</c> stands for a brace.</summary>
internal static class TextTemplate
{
    /// <summary>The text with all variables replaced; null when a variable is unknown or not closed.</summary>
    /// <param name="template">The text.</param>
    /// <param name="valueOf">The value of a variable, null for an unknown one.</param>
    public static string? Expand(string template, Func<string, string?> valueOf)
    {
        var expanded = new StringBuilder();
        int position = 0;
        while (template.IndexOf('{', position) is >= 0 and int brace)
        {
            expanded.Append(template, position, brace - position);
            int name = brace + 1;
            if (name < template.Length && template[name] == '{')
            {
                expanded.Append('{');
                position = name + 1;
                continue;
            }

            int end = template.IndexOf('}', name);
            if (end < 0 || valueOf(template[name..end]) is not { } value) return null;
            expanded.Append(value);
            position = end + 1;
        }
        return expanded.Append(template, position, template.Length - position).ToString();
    }
}
