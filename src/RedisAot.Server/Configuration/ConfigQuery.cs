using System.Text;
using RedisAot.Server.Text;

namespace RedisAot.Server.Configuration;

/// <summary>CONFIG GET.</summary>
public static class ConfigQuery
{
    /// <summary>
    /// The directives that patterns select, each once. A pattern without wildcards is a name: it finds hidden directives too and is
    /// answered in the spelling of the question.
    /// </summary>
    public static List<(byte[] Name, byte[] Value)> Get(ServerConfig config, ReadOnlySpan<byte[]> patterns)
    {
        var found = new List<(byte[] Name, byte[] Value)>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (byte[] pattern in patterns)
        {
            if (pattern.AsSpan().IndexOfAny("[*?"u8) < 0)
            {
                if (DirectiveTable.Find(pattern) is { } exact && seen.Add(exact.Name))
                    found.Add((pattern, exact.Directive.Get(config)));
                continue;
            }

            foreach (DirectiveName name in DirectiveTable.AllNames)
            {
                if (name.IsHidden || seen.Contains(name.Name)) continue;
                byte[] text = Encoding.ASCII.GetBytes(name.Name);
                if (!Glob.IsMatch(pattern, text, ignoreCase: true)) continue;
                seen.Add(name.Name);
                found.Add((text, name.Directive.Get(config)));
            }
        }
        return found;
    }
}
