using System.Text;
using RedisAot.Server.Process;

namespace RedisAot.Server.Acl;

/// <summary>The file of users: a line <c>user NAME RULES</c> for each.</summary>
internal static class AclFile
{
    private const int Mode = 0b110_100_100;

    /// <summary>Replaces all users by those of a file, or changes nothing; answers what is wrong, one character a byte, or null.</summary>
    public static string? Load(AccessControl access, string path)
    {
        if (LibC.ReadFile(path, out string? error) is not { } content)
            return $"Error loading ACLs, opening file '{path}': {error}";
        StringBuilder errors = new();
        List<User> users = [];
        string[] lines = Encoding.Latin1.GetString(content).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim(' ', '\t', '\r');
            if (line.Length > 0)
                LoadLine(access, users, line, $"{path}:{i + 1}", i + 1, errors);
        }
        if (errors.Length > 0)
            return errors.Append("WARNING: ACL errors detected, no change to the previously active ACL rules was performed").ToString();
        access.ReplaceAll(users);
        return null;
    }

    /// <summary>Writes the users to a file, in one step; false, the reason having been logged, when that fails.</summary>
    public static bool Save(AccessControl access, string path)
    {
        StringBuilder lines = new();
        foreach (User user in access.Users)
            lines.Append("user ").Append(AccessControl.DescribeUser(user)).Append('\n');
        string? error = LibC.ReplaceFile(path, Encoding.Latin1.GetBytes(lines.ToString()), Mode);
        if (error != null)
            ServerLog.Warning($"Writing ACL file for ACL SAVE: {error}");
        return error == null;
    }

    private static void LoadLine(AccessControl access, List<User> users, string line, string place, int number, StringBuilder errors)
    {
        string[] words = line.Split(' ');
        if (words[0] != "user" || words.Length < 2)
        {
            errors.Append($"{place} should start with user keyword followed by the username. ");
            return;
        }
        byte[] name = Encoding.Latin1.GetBytes(words[1]);
        if (Selector.HasSpaces(name))
        {
            errors.Append($"'{place}: username '{words[1]}' contains invalid characters. ");
            return;
        }
        if (users.Exists(known => known.Name.AsSpan().SequenceEqual(name)))
        {
            errors.Append($"WARNING: Duplicate user '{words[1]}' found on line {number}. ");
            return;
        }
        User user = access.NewUser(name);
        users.Add(user);
        byte[][] rest = Array.ConvertAll(words[2..], word => Encoding.Latin1.GetBytes(word));
        if (RuleList.TryMerge(rest, out List<byte[]> rules, out _))
            ApplyRules(user, rules, place, errors);
        else
            errors.Append($"{place}: Unmatched parenthesis in selector definition.");
    }

    // All unknown commands are reported; of other mistakes, which can show secrets and lead to more, the first.
    private static void ApplyRules(User user, List<byte[]> rules, string place, StringBuilder errors)
    {
        bool hasMistake = false;
        foreach (byte[] rule in rules)
        {
            ReadOnlySpan<byte> trimmed = rule.AsSpan().Trim("\t\r\n"u8);
            RuleError error = user.Apply(trimmed);
            if (error == RuleError.UnknownCommand)
            {
                errors.Append($"{place}: Error in applying operation '{Encoding.Latin1.GetString(trimmed)}': {RuleErrors.Text(error)}. ");
            }
            else if (error != RuleError.None && !hasMistake)
            {
                errors.Append($"{place}: {RuleErrors.Text(error)}. ");
                hasMistake = true;
            }
        }
    }
}
