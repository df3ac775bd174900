using System.Globalization;
using System.Runtime.InteropServices;

namespace RedisAot.Server.Process;

/// <summary><c>--test-memory</c>: writes patterns to memory and reads them back.</summary>
internal static unsafe class MemoryTest
{
    private const int Passes = 50;

    /// <summary>Tests some megabytes.</summary>
    /// <returns>The status to exit with.</returns>
    public static int Run(string? megabytes)
    {
        if (!int.TryParse(megabytes, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size == 0)
        {
            Console.Error.WriteLine("Please specify the amount of memory to test in megabytes.");
            Console.Error.WriteLine("Example: ./redis-aot --test-memory 4096\n");
            return 1;
        }

        nuint words = (nuint)size * (1 << 20) / sizeof(ulong);
        ulong* memory = (ulong*)NativeMemory.Alloc(words, sizeof(ulong));
        long errors = 0;
        for (int pass = 1; pass <= Passes && errors == 0; pass++)
        {
            Console.Write($"\rTesting {size} megabytes, pass {pass} of {Passes}");
            errors += CountErrors(memory, words, pass);
        }

        NativeMemory.Free(memory);
        Console.WriteLine(errors == 0 ? "\nYour memory passed this test." : $"\nMemory error: {errors} words did not keep their value.");
        return errors == 0 ? 0 : 1;
    }

    /// <summary>Each word holds a mix of its own address, so that lines stuck together show, and then the complement.</summary>
    private static long CountErrors(ulong* memory, nuint words, int pass)
    {
        const ulong Mix = 0x9E3779B97F4A7C15;
        ulong seed = (ulong)pass * Mix;
        long errors = 0;
        foreach (ulong flip in (ReadOnlySpan<ulong>)[0, ulong.MaxValue])
        {
            for (nuint i = 0; i < words; i++) memory[i] = ((i * Mix) ^ seed) ^ flip;
            for (nuint i = 0; i < words; i++)
                if (memory[i] != (((i * Mix) ^ seed) ^ flip)) errors++;
        }
        return errors;
    }
}
