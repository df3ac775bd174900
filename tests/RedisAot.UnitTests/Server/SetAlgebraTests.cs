using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>Intersections, unions and differences of sets in different encodings against those of managed sets.</summary>
public sealed unsafe class SetAlgebraTests
{
    private static readonly ServerConfig s_config = new() { SetMaxIntSetEntries = 20, SetMaxListpackEntries = 10, SetMaxListpackValue = 64 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void IsThatOfManagedSets(int seed)
    {
        long before = NativeHeap.UsedBytes;
        Random random = new(seed);
        for (int round = 0; round < 500; round++)
        {
            int count = random.Next(1, 14);
            SetContents[] sets = new SetContents[count];
            HashSet<string>[] models = new HashSet<string>[count];
            for (int i = 0; i < count; i++)
                (sets[i], models[i]) = NextSet(random);
            foreach (SetOperation operation in Enum.GetValues<SetOperation>())
            {
                HashSet<string> expected = [.. models[0]];
                foreach (HashSet<string> model in models[1..])
                    Apply(operation, expected, model);
                Visitor visitor = new() { Found = [] };
                SetAlgebra.Run(operation, (SetContents[])sets.Clone(), s_config, ref visitor);
                Assert.True(expected.SetEquals(visitor.Found), $"seed {seed} round {round} {operation}");
                Assert.Equal(expected.Count, visitor.Found.Count);
                if (operation == SetOperation.Union)
                    Assert.InRange(SetAlgebra.EstimateUnion(sets), expected.Count * 0.95 - 1, expected.Count * 1.05 + 1);
            }
            foreach (SetContents set in sets)
                set.Free();
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static void Apply(SetOperation operation, HashSet<string> result, HashSet<string> other)
    {
        if (operation == SetOperation.Intersection)
            result.IntersectWith(other);
        else if (operation == SetOperation.Union)
            result.UnionWith(other);
        else
            result.ExceptWith(other);
    }

    private static (SetContents Set, HashSet<string> Model) NextSet(Random random)
    {
        SetContents set = SetContents.CreateForIntegers();
        HashSet<string> model = [];
        int size = random.Next(3) switch { 0 => random.Next(4), 1 => random.Next(15), _ => random.Next(60) };
        bool integers = random.Next(2) == 0;
        for (int i = 0; i <= size; i++)
        {
            string member = integers || random.Next(2) == 0 ? $"{random.Next(-20, 60)}" : $"m{random.Next(40)}";
            model.Add(member);
            set.Add(Encoding.ASCII.GetBytes(member), s_config);
        }
        return (set, model);
    }

    private struct Visitor : IMemberVisitor
    {
        public required List<string> Found;

        public readonly bool Visit(ListpackValue member)
        {
            Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
            Found.Add(Encoding.ASCII.GetString(member.AsBytes(scratch)));
            return true;
        }
    }
}
