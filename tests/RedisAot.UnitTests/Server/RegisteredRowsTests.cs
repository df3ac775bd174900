using RedisAot.Server.Commands;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>What must hold for the rows of all families, whatever they describe.</summary>
public sealed unsafe class RegisteredRowsTests
{
    [Fact]
    public void RowsAreConsistent()
    {
        var table = new CommandTable();
        CommandFamilies.Register(table);

        Assert.NotEmpty(table.ById);
        foreach (var row in table.ById)
        {
            Assert.True(row.Name == row.Name.ToLowerInvariant(), row.FullName);
            Assert.True(row.Arity != 0, row.FullName);
            Assert.True(row.Handler != null || row.Subcommands.Length > 0, $"{row.FullName} cannot be called");
            Assert.True(row.Parent is null || row.Group == row.Parent.Group, $"{row.FullName} is not in the group of its container");
            Assert.True((row.DocFlags & CommandDocFlags.Deprecated) != 0 == row.DeprecatedSince is not null, row.FullName);
            AssertKeys(row);
            AssertArguments(row, row.ArgumentTree);
        }
    }

    private static void AssertKeys(CommandRow row)
    {
        foreach (var spec in row.Keys)
        {
            var access = spec.Flags & (KeyFlags.RO | KeyFlags.RW | KeyFlags.OW | KeyFlags.RM);
            Assert.True(System.Numerics.BitOperations.IsPow2((int)access) || (spec.Flags & KeyFlags.NotKey) != 0, row.FullName);
            Assert.True(row.KeyFinder != KeyFinder.Specs
                || (spec.Search != KeySearch.Unknown && (spec.Flags & (KeyFlags.VariableFlags | KeyFlags.Incomplete)) == 0),
                $"{row.FullName} needs a key finder");
        }
    }

    private static void AssertArguments(CommandRow row, CommandArgument[] arguments)
    {
        foreach (var argument in arguments)
        {
            Assert.True(argument.KeySpecIndex < row.Keys.Length, $"{row.FullName}: {argument.Name}");
            AssertArguments(row, argument.Arguments);
        }
    }
}
