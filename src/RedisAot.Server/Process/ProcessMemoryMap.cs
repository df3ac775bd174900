using System.Globalization;

namespace RedisAot.Server.Process;

/// <summary>Where the kernel put the command line and the environment of this process.</summary>
/// <param name="ArgumentsStart">Address of the first argument.</param>
/// <param name="ArgumentsEnd">Address behind the zero byte of the last argument.</param>
/// <param name="EnvironmentEnd">Address behind the zero byte of the last variable.</param>
internal readonly record struct ProcessMemoryMap(nint ArgumentsStart, nint ArgumentsEnd, nint EnvironmentEnd)
{
    /// <summary>Index of <c>arg_start</c> among the fields behind the process's name in <c>/proc/self/stat</c>.</summary>
    private const int FieldsBeforeArguments = 45;

    /// <summary>Reads it; null when the kernel does not say.</summary>
    public static ProcessMemoryMap? Read()
    {
        string stat = File.ReadAllText("/proc/self/stat");

        // The name stands in parentheses and may itself contain blanks and parentheses.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].TrimEnd().Split(' ');
        if (fields.Length < FieldsBeforeArguments + 4) return null;
        nint Address(int index) => nint.Parse(fields[FieldsBeforeArguments + index], CultureInfo.InvariantCulture);
        var map = new ProcessMemoryMap(Address(0), Address(1), Address(3));
        bool plausible = map.ArgumentsStart > 0 && map.ArgumentsStart < map.ArgumentsEnd && Address(2) == map.ArgumentsEnd
            && map.EnvironmentEnd >= map.ArgumentsEnd;
        return plausible ? map : null;
    }
}
