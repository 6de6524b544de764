using System.Text;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>Other agents than the one under test, each an executable of its own.</summary>
internal static class AgentBuilds
{
    /// <summary>
    /// The agent under test as a build with another version is: the version it says of itself stands in the file as text, and
    /// is replaced by one of the same length.
    /// </summary>
    public static async Task<byte[]> OfVersionAsync(string version, CancellationToken cancellationToken)
    {
        var said = (await Running.RunAsync([Programs.Agent, "--version"], cancellationToken)).Output.Trim();
        var plain = said.Split('+')[0];
        Assert.Equal(plain.Length, version.Length);
        var bytes = await File.ReadAllBytesAsync(Programs.Agent, cancellationToken);
        var (from, to) = (Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(version + said[plain.Length..]));
        var found = 0;
        for (int next, at = 0; (next = bytes.AsSpan(at).IndexOf(from)) >= 0; found++)
        {
            to.CopyTo(bytes, at + next);
            at += next + from.Length;
        }

        Assert.True(found > 0, $"'{said}' is nowhere in {Programs.Agent}");
        return bytes;
    }

    /// <summary>A program that says that it could run here, and then does something else than to run.</summary>
    /// <param name="body">In C: what it does instead.</param>
    public static async Task<byte[]> LyingAsync(TempDirectory folder, string version, string body, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(folder["liar.c"], $$"""
            #include <stdio.h>
            #include <string.h>
            #include <unistd.h>
            int main(int count, char **arguments) {
              if (count > 1 && strcmp(arguments[1], "check-self") == 0) {
                printf("{\"format\":1,\"version\":\"{{version}}\",\"bundleFormat\":1}");
                return 0;
              }
              {{body}}
            }
            """, cancellationToken);
        var compiled = await Running.RunAsync(["clang", "-o", folder["liar"], folder["liar.c"]], cancellationToken);
        Assert.True(compiled.Succeeded, compiled.Error);
        return await File.ReadAllBytesAsync(folder["liar"], cancellationToken);
    }
}
