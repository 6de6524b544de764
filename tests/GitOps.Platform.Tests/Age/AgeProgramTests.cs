using GitOps.Platform.Age;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Platform.Tests.Age;

/// <summary>Against the program of Debian, both ways.</summary>
public sealed class AgeProgramTests : IDisposable
{
    private static readonly CommandRunner Commands = new(TimeProvider.System);
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(70_000, true)]
    [InlineData(131_072, false)]
    public async Task The_program_opens_what_we_seal(int length, bool armored)
    {
        var age = NeedsPackage.OrSkip("age");
        var identity = AgeIdentity.Generate();
        var plaintext = Enumerable.Range(0, length).Select(i => (byte)(i * 13)).ToArray();
        var file = AgeFile.Seal(plaintext, [AgeIdentity.Generate().Recipient, identity.Recipient]);
        File.WriteAllText(_directory["key"], identity.ToSecretText());
        File.WriteAllBytes(_directory["sealed"], armored ? System.Text.Encoding.ASCII.GetBytes(AgeArmor.Encode(file)) : file);
        await RunAsync(age, "--decrypt", "-i", _directory["key"], "-o", _directory["plain"], _directory["sealed"]);
        Assert.Equal(plaintext, File.Exists(_directory["plain"]) ? File.ReadAllBytes(_directory["plain"]) : []);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(70_000, true)]
    [InlineData(131_072, false)]
    public async Task We_open_what_the_program_seals(int length, bool armored)
    {
        var age = NeedsPackage.OrSkip("age");
        await RunAsync(NeedsPackage.OrSkip("age", "age-keygen"), "-o", _directory["key"]);
        var identity = AgeIdentity.TryParse(File.ReadAllText(_directory["key"]))!;
        var plaintext = Enumerable.Range(0, length).Select(i => (byte)(i * 11)).ToArray();
        File.WriteAllBytes(_directory["plain"], plaintext);
        var shape = armored ? "--armor" : "--encrypt";
        await RunAsync(age, shape, "-r", AgeIdentity.Generate().Recipient.ToString(), "-r", identity.Recipient.ToString(), "-o", _directory["sealed"], _directory["plain"]);
        var file = File.ReadAllBytes(_directory["sealed"]);
        Assert.Equal(plaintext, Assert.IsType<AgeOpening.Opened>(AgeFile.Open(file, identity)).Plaintext());
        Assert.IsType<AgeOpening.ForOthers>(AgeFile.Open(file, AgeIdentity.Generate()));
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var result = await Commands.RunAsync(arguments, TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, result.Error);
    }
}
