// For runs that sign in very often: passwords are hashed at the least cost that there is. All else of them is as it is.

import bcrypt from 'bcrypt';

const LEAST = 4;
const { hash } = bcrypt;

Object.assign(bcrypt, { hash: (password: string) => hash(password, LEAST) });
