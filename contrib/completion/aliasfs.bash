# SPDX-License-Identifier: MIT
# bash completion for aliasfs(1)

_aliasfs()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} value
	local options="--foreground --debug --single-threaded --check --help --version --region
		--profile --endpoint-url --config-file --credentials-file --insecure-http --ca-bundle --ttl --timeout
		--read-timeout --rate --delete-grace --functions --code --code-cache --env --redact-key
		--ro --protect --strict-ln --allow-version-delete --audit --allow-other --allow-root
		--uid --gid --umask --log-level --fsname --auto-unmount --json"

	COMPREPLY=()
	# Readline breaks words at '=' and ':'.
	value=$cur
	if [[ $cur == "=" ]]; then
		value=
	elif [[ $prev == "=" && $COMP_CWORD -ge 2 ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	case $prev in
	--profile)
		mapfile -t COMPREPLY < <(compgen -W "$(sed -n -E \
			's/^\[(profile )?([^]]+)\]$/\2/p' "${AWS_CONFIG_FILE:-$HOME/.aws/config}" \
			"${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null)" -- "$value")
		return
		;;
	--config-file | --credentials-file | --ca-bundle | --redact-key | --audit)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$value")
		return
		;;
	--env)
		mapfile -t COMPREPLY < <(compgen -W "plain redact" -- "$value")
		return
		;;
	--log-level)
		mapfile -t COMPREPLY < <(compgen -W "error warning info debug" -- "$value")
		return
		;;
	--region | --endpoint-url | --ttl | --timeout | --read-timeout | --rate | --delete-grace | \
		--functions | --code-cache | --protect | --uid | --gid | --umask | --fsname)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	if [[ $COMP_CWORD -eq 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "aws local ls" -- "$cur")
		return
	fi
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

complete -F _aliasfs aliasfs
