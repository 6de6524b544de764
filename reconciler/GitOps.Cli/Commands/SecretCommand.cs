using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.Cli.Secrets;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary>
/// <c>gitops secret seal | edit | rotate | recipients</c>: the encrypted files of a fleet repository. Needs a control plane
/// only to look up keys of nodes; only <c>edit</c> and <c>rotate</c> need a private key.
/// </summary>
internal static class SecretCommand
{
    /// <summary>Variables that name the person's editor, the first one that is set.</summary>
    private static readonly string[] Editors = ["VISUAL", "EDITOR"];

    public static Command Create() => new("secret", "Encrypt secrets of a fleet repository, and say who may read them")
    {
        Seal(), Edit(), Rotate(), RecipientsCommand.Create(),
    };

    private static Option<string> Repository() =>
        new("--path", "-C") { Description = "folder of the fleet repository", DefaultValueFactory = _ => "." };

    private static Option<FileInfo> Identity() => new("--identity", "-i")
    {
        Description = "file with a key of age that opens it [GITOPS_AGE_KEY_FILE]",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("GITOPS_AGE_KEY_FILE") is { Length: > 0 } path ? new FileInfo(path) : null!,
    };

    private static Argument<string> Name()
    {
        var name = new Argument<string>("name") { Description = "the Secret" };
        name.CompletionSources.Add(_ => SecretNames.All());
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !Label.IsValid(text))
            {
                result.AddError($"'{text}' is not a name: use a-z, 0-9 and inner hyphens, at most 63 characters");
            }
        });
        return name;
    }

    private static Command Seal()
    {
        var path = Repository();
        var name = Name();
        var values = new Argument<string[]>("values") { Description = "KEY=VALUE…; a shell remembers them: without any they are read from standard input", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<string?>("--from-file", "-f") { Description = "read them from a file: a mapping of keys in YAML or JSON [standard input]" };
        var single = new Option<bool>("--value") { Description = "what is read is one value, as it is" };
        var recipients = new RecipientOptions();
        var command = new Command("seal", "Encrypt a secret and write its file") { name, values, file, single, path };
        recipients.AddTo(command);
        command.SetAction((parsed, cancellationToken) => recipients.WithAsync(parsed, given =>
        {
            var (vault, secret) = (new SecretVault(parsed.GetRequiredValue(path)), parsed.GetRequiredValue(name));
            var (to, refused) = vault.To(secret, given);
            if (refused is not null)
            {
                return Problems.Print(refused, ExitCode.Usage);
            }

            var (text, keys, wrong) = SecretInput.Read(parsed.GetValue(values) ?? [], parsed.GetValue(file), parsed.GetValue(single));
            if (wrong is not null)
            {
                return Problems.Print(new Problem(CliCodes.SecretInput, wrong, "give KEY=VALUE, or a mapping in YAML or JSON; --value takes one value as it is"), ExitCode.Usage);
            }

            vault.Write(secret, text!, to!);
            Terminal.Out.MarkupLineInterpolated($"[green]{vault.PathOf(secret)}[/] is encrypted to {to}");
            Tell(vault.Find(secret), secret, vault.PathOf(secret), keys);
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }

    private static Command Edit()
    {
        var (path, identity, recipients) = (Repository(), Identity(), new RecipientOptions());
        var name = Name();
        var command = new Command("edit", "Open a secret in $EDITOR, in memory, and encrypt it again") { name, identity, path };
        recipients.AddTo(command);
        command.SetAction((parsed, cancellationToken) => recipients.WithAsync(parsed, given =>
        {
            var (vault, secret) = (new SecretVault(parsed.GetRequiredValue(path)), parsed.GetRequiredValue(name));
            var (to, refused) = vault.To(secret, given);
            var (plaintext, unopened) = vault.Open(secret, parsed.GetValue(identity));
            if ((refused ?? unopened) is { } problem)
            {
                return Problems.Print(problem, ExitCode.Refused);
            }

            var editor = Editors.Select(Environment.GetEnvironmentVariable).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)) ?? "vi";
            var lines = SecretInput.ToLines(plaintext!);
            var (text, failed) = SecretEditor.Edit(lines ?? plaintext!, editor);
            if (text is not null && text.AsSpan().SequenceEqual(lines ?? plaintext) && given.Count == 0)
            {
                Terminal.Out.WriteLine("nothing was changed");
                return ExitCode.Done;
            }

            if (text is not null && lines is not null)
            {
                var edited = SecretInput.Read(text);
                (text, failed) = (edited.Text, edited.Wrong);
            }

            if (text is null)
            {
                return Problems.Print(new Problem(CliCodes.SecretEdit, failed!, "edit it again: the file in the repository is as it was"), ExitCode.Refused);
            }

            vault.Write(secret, text, to!);
            Terminal.Out.MarkupLineInterpolated($"[green]{vault.PathOf(secret)}[/] is encrypted to {to}");
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }

    private static Command Rotate()
    {
        var (path, identity, recipients) = (Repository(), Identity(), new RecipientOptions());
        var names = new Argument<string[]>("names") { Description = "the Secrets [all that are encrypted]", Arity = ArgumentArity.ZeroOrMore };
        names.CompletionSources.Add(_ => SecretNames.All());
        var command = new Command("rotate", "Encrypt secrets again, to the recipients of today") { names, identity, path };
        recipients.AddTo(command);
        command.Validators.Add(result =>
        {
            if (recipients.AreGiven(result) && result.GetValue(names) is not { Length: > 0 })
            {
                result.AddError("--recipient and --node are for secrets that are named: all others have the recipients of their lists");
            }
        });
        command.SetAction((parsed, cancellationToken) => recipients.WithAsync(parsed, given =>
        {
            var vault = new SecretVault(parsed.GetRequiredValue(path));

            // All are opened before the first is written: half of them with the old recipients would be found late.
            List<(string Name, byte[] Plaintext, SecretReaders To)> opened = [];
            foreach (var name in parsed.GetValue(names) is { Length: > 0 } named ? named : vault.Names)
            {
                var (to, refused) = vault.To(name, given);
                if (refused is not null)
                {
                    return Problems.Print(refused, ExitCode.Usage);
                }

                var (plaintext, unopened) = vault.Open(name, parsed.GetValue(identity));
                if (unopened is not null)
                {
                    return Problems.Print(unopened, ExitCode.Refused);
                }

                opened.Add((name, plaintext!, to!));
            }

            foreach (var (name, plaintext, to) in opened)
            {
                vault.Write(name, plaintext, to);
                Terminal.Out.MarkupLineInterpolated($"[green]{vault.PathOf(name)}[/] is encrypted to {to}");
            }

            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }

    /// <summary>What has to stand in a manifest for it, where it does not yet.</summary>
    private static void Tell(SecretSpec? spec, string name, string path, IReadOnlyList<string> keys)
    {
        if (spec is { Age: not null } && spec.Keys.Order(StringComparer.Ordinal).SequenceEqual(keys.Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            return;
        }

        var listed = keys.Count > 0 ? $"\n  keys: [{string.Join(", ", keys)}]" : "";
        Terminal.Out.WriteLine(spec is null
            ? $"\nits manifest, for the root of the repository, with the placement it needs:\n\napiVersion: gitops.edge/v1\nkind: Secret\nmetadata: {{name: {name}}}\nspec:\n  placement: {{all: true}}\n  age: {path}{listed}"
            : $"\nthe Secret '{name}' says something else: it needs\n  age: {path}{listed}");
    }

    internal static int Guarded(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FileLayerException)
        {
            return Problems.Print(new Problem(CliCodes.Unwritable, e.Message, "check the path, its permissions and the free space"), ExitCode.Refused);
        }
    }
}
